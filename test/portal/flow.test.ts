import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { startDemoCrm, type DemoCrm } from "@ringback/local/demo-crm/crm-server"
import type { Browser } from "playwright-core"
import type { TestApi } from "../api/api.ts"
import { ok, type TestReceiver } from "../harness/receiver.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { PATIENCE_MS, skip, startBrowser } from "./browser.ts"
import { connectCrm, seeCallInCrm } from "./flow-crm.ts"
import {
  actAsOperator,
  addEndpoint,
  connectPbx,
  failAndRetry,
  open,
  openLink,
  recover,
  rotateSecret,
  signOut,
  type Flow,
} from "./flow-steps.ts"
import { servePortal, type Served } from "./served.ts"

// A browser as people use it, once with scripts and once without: from nothing to the webhooks of a PBX, through a failure,
// into a CRM, and out. The collector is a real one, at the demo's PBX, set up by what the page says.

let api: TestApi
let served: Served
let receiver: TestReceiver
let browser: Browser
let crm: DemoCrm
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

      const name = `Acme ${how}`
      const flow: Flow = { page, served, work, hasScripts: javaScriptEnabled, name }
      const { tenant, link } = await actAsOperator(flow)
      await openLink(flow, tenant, link)
      const secret = await addEndpoint(flow)
      const token = await connectPbx(flow)
      await failAndRetry(flow)
      await recover(flow, tenant, token)
      await connectCrm(flow, crm)
      const crmPage = await context.newPage()
      crmPage.on("console", (message) => said.push(message.text()))
      await seeCallInCrm(flow, { crm, crmPage, tenant, token })
      await rotateSecret(flow, secret)
      await signOut(flow, tenant, link)
      assert.deepEqual(
        said.filter((each) => !each.includes("410")),
        [],
      )
      await context.close()
    },
  )
}

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
