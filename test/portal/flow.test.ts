import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, test } from "node:test"
import { startCollector } from "@ringback/collector/collector"
import { releaseHandler } from "@ringback/functions/release"
import { startDemoCrm, type DemoCrm } from "@ringback/local/demo-crm/crm-server"
import { startDemoPbx } from "@ringback/local/demo-pbx"
import { makeContext } from "@ringback/local/lambda"
import type { Browser, Page } from "playwright-core"
import { OPERATOR_KEY, type TestApi } from "../api/api.ts"
import { makeSpoolDir } from "../harness/collector.ts"
import { answer, ok, type TestReceiver } from "../harness/receiver.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { until } from "../harness/until.ts"
import { PATIENCE_MS, skip, startBrowser } from "./browser.ts"
import { sayCall } from "./say.ts"
import { servePortal, type Served } from "./served.ts"

// A browser as people use it, once with scripts and once without: from nothing to the webhooks of a PBX, through a failure,
// into a CRM, and out. The collector is a real one, at the demo's PBX, set up by what the page says.

let api: TestApi
let served: Served
let receiver: TestReceiver
let browser: Browser
let crm: DemoCrm
// Ada Lovelace's, in the demo CRM that `npm start` runs.
const NUMBER = "+4520123456"
before(async () => {
  if (skip) return
  let kept: string | undefined
  crm = await startDemoCrm({ read: () => kept, write: (text) => void (kept = text) })
  served = await servePortal({ crmUrls: { hubspot: crm.url } })
  ;({ api, receiver } = served)
  browser = await startBrowser()
})
after(async () => {
  if (skip) return
  await browser.close()
  await served.close()
  await crm.close()
})

const work = () => pumpAll(api.stack, makeDeps(api.stack, { crmUrls: { hubspot: crm.url } }))

/** A collector at the demo's PBX, with what a page says. */
async function connect(sourceToken: string, ingestQueueUrl: string) {
  const pbx = await startDemoPbx()
  const spool = makeSpoolDir()
  const collector = await startCollector({
    ami: { host: "127.0.0.1", port: pbx.port, username: pbx.username, secret: pbx.secret },
    sourceToken,
    ingestQueueUrl,
    sqs: api.stack.sqs,
    spoolDir: spool.dir,
    log: () => {},
  })
  await collector.ready
  return async () => {
    await collector.stop()
    await pbx.close()
    spool.remove()
  }
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with scripts" : "without scripts"
  test(
    `${how}: sign in, add, connect a PBX, see webhooks arrive, see why one fails, mend, recover, log in a CRM, rotate, sign out`,
    { skip },
    async () => {
      receiver.behave(ok)
      const context = await browser.newContext({ javaScriptEnabled })
      context.setDefaultTimeout(PATIENCE_MS)
      const page = await context.newPage()
      const said: string[] = []
      page.on("console", (message) => said.push(message.text()))
      page.on("pageerror", (error) => said.push(error.message))

      await page.goto(served.url)
      await page.getByLabel("API key").fill(OPERATOR_KEY)
      await page.getByRole("button", { name: "Sign in" }).click()
      await page.getByLabel("Name").fill(`Acme ${how}`)
      await page.getByRole("button", { name: "Add" }).click()
      await page.getByRole("heading", { name: "Get started" }).waitFor()
      const tenant = new URL(page.url()).pathname.split("/")[2]!

      await open(page, "Tenants")
      const row = page.getByRole("row", { name: new RegExp(`Acme ${how}`) })
      await row.getByText("Portal link…").click()
      await row.getByRole("button", { name: "Create the link" }).click()
      const link = await page.getByRole("region", { name: "Portal link" }).innerText()
      await page.getByRole("button", { name: "Sign out" }).locator("visible=true").click()
      await page.getByLabel("API key").waitFor()

      await page.goto(link)
      await page.getByRole("button", { name: "Open the portal" }).click()
      await page.waitForURL(`${served.url}/portal/${tenant}`)

      await page.getByRole("link", { name: "Add an endpoint" }).click()
      await page.getByRole("link", { name: "Webhook", exact: true }).click()
      await page.getByLabel("URL", { exact: true }).fill(receiver.url)
      await page.getByLabel("Name", { exact: true }).fill("Warehouse")
      await page.getByRole("button", { name: "Add endpoint" }).click()
      const secret = await page.getByRole("region", { name: "Secret" }).innerText()
      assert.match(secret, /^whsec_/)
      await page.getByRole("button", { name: "Send a test webhook" }).click()
      await page.getByText("The test was delivered.").waitFor()

      await open(page, "PBXes")
      await page.getByRole("link", { name: "Add a PBX" }).first().click()
      await page.getByLabel("Name").fill("pbx-1")
      await page.getByRole("button", { name: "Add PBX" }).click()
      const token = await page.getByRole("region", { name: "Token" }).innerText()
      assert.match(token, /^rbs_/)
      const command = await page.getByRole("region", { name: "Collector command" }).innerText()
      assert.ok(command.includes(token) && command.includes(api.deps.queues.ingestUrl))
      const queueUrl = /RINGBACK_INGEST_QUEUE_URL=["']?([^\s"']+)/.exec(command)![1]!
      await page.getByRole("link", { name: "To the PBX" }).click()
      await page.getByText("Never connected").first().waitFor()
      const pbxPage = page.url()
      const disconnect = await connect(token, queueUrl)
      const isGreen = async () => {
        await work()
        if (!javaScriptEnabled) await page.reload()
        return page.locator("dd .is-ok").filter({ hasText: "Connected" }).isVisible()
      }
      await until(isGreen, { what: "the PBX's page turns green" })
      await open(page, "Deliveries")
      const arrived = async () => {
        await work()
        if (!javaScriptEnabled) await page.reload()
        return page.locator("#live").getByRole("link", { name: "plan.created" }).isVisible()
      }
      await until(arrived, { what: "the PBX's webhooks are listed" })
      assert.ok(receiver.arrived.some(({ webhook }) => webhook.type === "plan.created"))
      await disconnect()
      await work()
      await page.goto(pbxPage)

      receiver.behave((_, response) => answer(response, 500, {}, "the CRM's database is down"))
      await page.getByRole("button", { name: "Send", exact: true }).click()
      await page.getByText("The example was sent").waitFor()
      await work()
      await open(page, "Overview")
      await page.getByText("is failing").waitFor()
      await page.getByRole("link", { name: "See why" }).click()
      await page.getByRole("link", { name: "campaign.updated" }).first().click()
      await page.getByText("the CRM's database is down").waitFor()
      await page.getByText("Your server failed while it processed the webhook.").waitFor()

      receiver.behave(ok)
      await page.getByRole("button", { name: "Retry now" }).click()
      await work()
      await page.reload()
      await page.getByText("Answered 204").waitFor()

      await open(page, "Endpoints")
      await page.getByRole("link", { name: "Warehouse" }).click()
      await page.getByText("Disable…").click()
      await page.getByRole("button", { name: "Disable", exact: true }).click()
      await page.getByText("Disabled. New deliveries are held until").waitFor()
      await api.call(`POST /v1/tenants/${tenant}/sources/${sourceOf(token)}/test`, { body: {} })
      await work()
      await page.getByRole("button", { name: "Enable" }).click()
      await page.getByText("Enabled. To send the held deliveries").waitFor()
      const arrivedBefore = receiver.arrived.length
      await page.getByRole("button", { name: "Count missing deliveries" }).click()
      await page.getByText("1 event", { exact: true }).waitFor()
      assert.equal(receiver.arrived.length, arrivedBefore)
      await page.getByRole("button", { name: "Send 1 again" }).click()
      await page.getByText("Recovery started.").waitFor()
      await work()
      await releaseHandler(api.deps)({ windowMs: 1_000 }, makeContext(60_000))
      await work()
      assert.equal(receiver.arrived.length, arrivedBefore + 1)

      await open(page, "Endpoints")
      await page.getByRole("link", { name: "Add an endpoint" }).first().click()
      await page.getByRole("link", { name: "HubSpot", exact: true }).click()
      await page.getByLabel("Name", { exact: true }).fill("Our CRM")
      await page.getByLabel("Token", { exact: true }).fill("pat-bad")
      await page.getByRole("button", { name: "Add endpoint" }).click()
      await page.getByRole("button", { name: "Run the test" }).click()
      await page.getByText("The test failed:").waitFor()
      await page.getByRole("link", { name: "Edit" }).first().click()
      await page.getByLabel("Bearer token", { exact: true }).check()
      await page.getByLabel("Token", { exact: true }).fill(crm.token)
      await page.getByRole("button", { name: "Save" }).click()
      await page.getByText("Saved.").waitFor()
      await page.getByRole("button", { name: "Send test" }).click()
      await page.getByText("Signed in to HubSpot.").waitFor()
      const crmPage = await context.newPage()
      crmPage.on("console", (message) => said.push(message.text()))
      await crmPage.goto(crm.url)
      const ada = crmPage.getByRole("article", { name: "Ada Lovelace" })
      const callsBefore = await ada.getByRole("listitem").count()
      const uuid = randomUUID()
      await sayCall(api, token, { uuid, number: NUMBER })
      await work()
      if (!javaScriptEnabled) await crmPage.reload()
      const newest = ada.getByRole("listitem").nth(callsBefore)
      await newest.getByText("Answered").waitFor()
      await ada.getByText("Answered").first().click()
      await ada.getByText(uuid).waitFor()
      await crmPage.close()
      await page.goto(`${served.url}/portal/${tenant}/calls/${uuid}`)
      await page.getByRole("link", { name: "Our CRM" }).first().waitFor()
      await open(page, "Deliveries")
      const toCrm = page.getByRole("row", { name: /Our CRM/ })
      await toCrm.getByRole("link", { name: "call.completed" }).click()
      await page.getByText(/batch\/upsert$/).waitFor()
      await page.getByRole("region", { name: "Request 1" }).waitFor()

      await open(page, "Endpoints")
      await page.getByRole("link", { name: "Warehouse" }).click()
      await page.getByRole("button", { name: "Show the secret" }).click()
      assert.equal(await page.getByRole("region", { name: "Secret" }).innerText(), secret)
      await page.getByText("Rotate…").click()
      await page.getByRole("button", { name: "Rotate", exact: true }).click()
      const rotated = await page.getByRole("region", { name: "New secret" }).innerText()
      assert.match(rotated, /^whsec_/)
      assert.notEqual(rotated, secret)

      await page.getByRole("button", { name: "Sign out" }).locator("visible=true").click()
      await page.goto(`${served.url}/portal/${tenant}`)
      await page.getByRole("heading", { name: "Sign in" }).waitFor()
      await page.goto(link)
      await page.getByText("This link is no longer valid").waitFor()
      assert.deepEqual(
        said.filter((each) => !each.includes("410")),
        [],
      )
      await context.close()
    },
  )
}

/** By the menu, as it is where there is room for it. */
const open = (page: Page, name: string) =>
  page.locator(".side").getByRole("link", { name, exact: true }).click()

const sourceOf = (token: string) => `src_${token.split("_")[2]}`

test("a page that is open follows what happens, without a reload", { skip }, async () => {
  receiver.behave(ok)
  const context = await browser.newContext()
  const page = await context.newPage()
  const made = await api.call("POST /v1/tenants", { body: { name: "Live" } })
  const path = `/v1/tenants/${made.body.id}`
  const source = await api.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  await api.call(`POST ${path}/endpoints`, { body: { url: receiver.url } })
  const link = await api.call(`POST ${path}/portal-links`, { body: {} })
  await page.goto(link.body.url)
  await page.getByRole("button", { name: "Open the portal" }).click()
  await open(page, "Deliveries")
  await page.getByText("No delivery yet").waitFor()
  const asked: number[] = []
  page.on("request", () => asked.push(Date.now()))
  await api.call(`POST ${path}/sources/${source.body.id}/test`, { body: {} })
  await work()
  await page.locator("#live").getByRole("link", { name: "campaign.updated" }).waitFor()
  // Nothing changes any more: what is asked is answered without a body.
  const unchanged = await page.waitForResponse((response) => response.status() === 304)
  assert.equal(new URL(unchanged.url()).pathname, `/portal/${made.body.id}/deliveries`)
  const between = asked.slice(1).map((at, index) => at - asked[index]!)
  assert.ok(Math.min(...between) >= 1_000, `asked every ${between} ms`)
  await context.close()
})

test("who follows a link from another site is still signed in", { skip }, async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const made = await api.call("POST /v1/tenants", { body: { name: "Linked" } })
  const home = `${served.url}/portal/${made.body.id}/keys`
  const link = await api.call(`POST /v1/tenants/${made.body.id}/portal-links`, { body: {} })
  const elsewhere = "http://elsewhere.example/"
  const body = `<a href="${home}">keys</a> <a href="${served.url}/portal">home</a>`
  await page.route(elsewhere, (route) => route.fulfill({ contentType: "text/html", body }))
  await page.goto(link.body.url)
  await page.getByRole("button", { name: "Open the portal" }).click()
  await page.getByRole("heading", { name: "Overview" }).waitFor()
  await page.goto(elsewhere)
  await page.getByRole("link", { name: "keys" }).click()
  await page.getByRole("heading", { name: "API keys" }).waitFor()
  await page.goto(elsewhere)
  await page.getByRole("link", { name: "home" }).click()
  await page.getByRole("heading", { name: "Overview" }).waitFor()

  // And who is not signed in gets the page where one does, not a round without end.
  const stranger = await (await browser.newContext()).newPage()
  await stranger.route(elsewhere, (route) => route.fulfill({ contentType: "text/html", body }))
  await stranger.goto(elsewhere)
  await stranger.getByRole("link", { name: "keys" }).click()
  await stranger.getByRole("heading", { name: "Sign in" }).waitFor()
  assert.equal(await stranger.getByText("Your session has ended").count(), 0)
  await stranger.context().close()
  await context.close()
})
