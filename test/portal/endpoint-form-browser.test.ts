import assert from "node:assert/strict"
import { test } from "node:test"
import type { Page } from "playwright-core"
import { makeTenant } from "../api/api.ts"
import { skip } from "./browser.ts"
import { useBrowser } from "./use-browser.ts"

const portal = useBrowser()

/** Signed in as a new tenant. */
async function enter(javaScriptEnabled: boolean) {
  const { api, url } = portal.served
  const tenant = await makeTenant(api)
  const link = await api.call(`POST ${tenant.path}/portal-links`, { body: {} })
  const context = await portal.browser.newContext({ javaScriptEnabled })
  const page = await context.newPage()
  await page.goto(link.body.url)
  await page.getByRole("button", { name: "Open the portal" }).click()
  await page.getByRole("heading", { name: "Overview" }).waitFor()
  return { page, path: tenant.path, base: `${url}/portal/${tenant.id}`, context }
}

const everything = {
  url: "https://example.com/hooks",
  description: "All of it",
  eventTypes: ["campaign.*", "dialing.updated", "ami.hangup"],
  filter: { "data.status": [0, "1", null] },
  transform: '{\n  "text": data.name\n}',
  order: "latest",
  auth: { type: "header", name: "x-key", value: "hush" },
  headers: { "x-crm-account": "4711" },
  rateLimit: 0.5,
  metadata: { team: "renewals", "crm:account": "4711", note: "a\nb " },
}
const hubspot = {
  description: "CRM",
  connector: {
    kind: "hubspot",
    auth: { type: "bearer", token: "hush" },
    match: "externalId:number",
    country: "DK",
    create: "contact",
    several: "first",
    live: true,
    map: '{\n  "hs_call_title": data.number\n}',
    dispositions: { busy: "x" },
  },
}
const zoho = {
  connector: {
    kind: "zoho",
    auth: {
      type: "oauth2",
      grant: "refresh_token",
      clientId: "c",
      clientSecret: "s",
      refreshToken: "r",
    },
    dataCenter: "eu",
  },
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with scripts" : "without scripts"
  test(`${how}: a form that is saved as it was found changes nothing`, { skip }, async () => {
    const { page, path, base, context } = await enter(javaScriptEnabled)
    for (const body of [everything, hubspot, zoho, { pull: true }]) {
      const made = await portal.served.api.call(`POST ${path}/endpoints`, { body })
      assert.equal(made.status, 201, made.text)
      await page.goto(`${base}/endpoints/${made.body.id}/edit`)
      await page.getByRole("button", { name: "Save" }).click()
      await page.waitForURL(`${base}/endpoints/${made.body.id}`)
      const { body: audit } = await portal.served.api.call(
        `GET ${path}/audit?target=${made.body.id}`,
      )
      assert.equal(audit.data.length, 1, JSON.stringify(audit.data[0]))
    }
    await context.close()
  })
}

test(
  "the PBXes of an endpoint stay when it is renamed: the only one, and deleted ones",
  { skip },
  async () => {
    const { page, path, base, context } = await enter(false)
    const { call } = portal.served.api
    const addSource = async (name: string) =>
      (await call(`POST ${path}/sources`, { body: { name } })).body.id as string
    const only = await addSource("A")
    const made = await call(`POST ${path}/endpoints`, {
      body: { url: "https://example.com/", sources: [only] },
    })
    const sourcesAfter = async (name: string) => {
      await page.goto(`${base}/endpoints/${made.body.id}/edit`)
      await page.getByLabel("Name", { exact: true }).fill(name)
      await page.getByRole("button", { name: "Save" }).click()
      await page.waitForURL(`${base}/endpoints/${made.body.id}?done=saved`)
      const { body } = await call(`GET ${path}/endpoints/${made.body.id}`)
      assert.equal(body.description, name)
      return body.sources
    }
    assert.deepEqual(await sourcesAfter("first"), [only])
    for (const name of ["B", "C"]) await addSource(name)
    assert.equal((await call(`DELETE ${path}/sources/${only}`)).status, 204)
    assert.deepEqual(await sourcesAfter("second"), [only])
    await page.goto(`${base}/endpoints/${made.body.id}/edit`)
    assert.equal(await page.getByLabel(`${only} not in the list of PBXes`).isChecked(), true)
    await context.close()
  },
)

/** Every field that is seen, by its label. */
const seen = (page: Page) =>
  page
    .locator("fieldset.auth .sub label, fieldset.match .for-field label")
    .evaluateAll((all) =>
      all.filter((each) => each.checkVisibility()).map((each) => each.textContent),
    )

test("of the ways to sign in only what the chosen one needs is shown", { skip }, async () => {
  const { page, base, context } = await enter(false)
  await page.goto(`${base}/endpoints/new?kind=webhook`)
  await page.getByText("Authentication to your server").click()
  const choices: [string, string[]][] = [
    ["The signature only", []],
    ["Bearer token", ["Token"]],
    ["User name and password (Basic)", ["User name", "Password"]],
    ["Custom header", ["Header", "Header value"]],
    [
      "OAuth 2, client credentials",
      ["Token URL", "Client id", "Client secret", "Scope, if required"],
    ],
    [
      "OAuth 2, refresh token",
      ["Token URL", "Client id", "Client secret", "Refresh token", "Scope, if required"],
    ],
  ]
  for (const [choice, fields] of choices) {
    await page.getByLabel(choice, { exact: true }).check()
    assert.deepEqual(await seen(page), fields, choice)
  }
  await page.goto(`${base}/endpoints/new?kind=zoho`)
  assert.deepEqual(await seen(page), ["Client id", "Client secret", "Refresh token"])
  await page.getByLabel("Found by").selectOption("externalId")
  assert.ok((await seen(page)).includes("API name of the field"))
  await context.close()
})

test(
  "a preview follows what is typed, at most once a second, and leaves the form alone",
  { skip },
  async () => {
    const { page, base, context } = await enter(true)
    const said: string[] = []
    page.on("console", (message) => said.push(message.text()))
    page.on("pageerror", (error) => said.push(error.message))
    await page.goto(`${base}/endpoints/new?kind=webhook`)
    let asked = 0
    page.on("request", (request) => void (request.url().endsWith("/preview") && asked++))
    await page.getByLabel("Event", { exact: true }).selectOption("call.completed")
    const preview = page.locator("#preview")
    await preview.getByText("This event would not be sent").waitFor()
    await page.getByText("Selected events", { exact: true }).click()
    await page.getByText("Choose events").click()
    await page.getByLabel("call.completed").check()
    await preview.getByText("It would be sent.").waitFor()
    await page.getByText("Transform the webhook").click()
    const before = asked
    const transform = page.getByLabel("Transform")
    await transform.pressSequentially('{"text": data.number & " <b>"}', { delay: 20 })
    await preview.getByText('"text": "+4520123456 <b>"').waitFor()
    assert.ok(asked - before <= 3, `${asked - before} requests for one line`)
    assert.equal(await page.locator(":focus").getAttribute("id"), "transform")
    await transform.fill('{"text": ')
    await preview.getByText("is not valid JSONata").waitFor()
    assert.equal(await page.getByLabel("URL", { exact: true }).inputValue(), "")
    assert.deepEqual(
      said.filter((each) => !each.includes("400")),
      [],
    )
    await context.close()
  },
)

test(
  "without scripts a button shows the preview, and the form is as it was",
  { skip },
  async () => {
    const { page, base, context } = await enter(false)
    await page.goto(`${base}/endpoints/new?kind=webhook&example=slack&events=call.completed`)
    await page.getByLabel("Name", { exact: true }).fill("Slack")
    await page.getByLabel("Event", { exact: true }).selectOption("call.completed")
    await page.getByRole("button", { name: "Preview" }).click()
    await page.locator("#preview").getByText("It would be sent.").waitFor()
    await page.locator("#preview").getByText("Call to +4520123456: answered").waitFor()
    await page.getByLabel("URL", { exact: true }).fill("https://example.com/slack")
    await page.getByRole("button", { name: "Add endpoint" }).click()
    await page.getByRole("heading", { name: "Endpoint added" }).waitFor()
    await context.close()
  },
)
