import assert from "node:assert/strict"
import { startCollector } from "@ringback/collector/collector"
import { releaseHandler } from "@ringback/functions/release"
import { startDemoPbx } from "@ringback/local/demo-pbx"
import { makeContext } from "@ringback/local/lambda"
import type { Page } from "playwright-core"
import { OPERATOR_KEY, type TestApi } from "../api/api.ts"
import { makeSpoolDir } from "../harness/collector.ts"
import { answer, ok } from "../harness/receiver.ts"
import { until } from "../harness/until.ts"
import type { Served } from "./served.ts"

/** A person's way through the portal. */
export type Flow = {
  page: Page
  served: Served
  /** What the workers have to do. */
  work: () => Promise<void>
  hasScripts: boolean
  /** The tenant's name. */
  name: string
}

/** By the menu, as it is where there is room for it. */
export const open = (page: Page, name: string) =>
  page.locator(".side").getByRole("link", { name, exact: true }).click()

const sourceOf = (token: string) => `src_${token.split("_")[2]}`

/** Makes the tenant and a portal link. */
export async function actAsOperator({ page, served, name }: Flow) {
  await page.goto(served.url)
  await page.getByLabel("API key").fill(OPERATOR_KEY)
  await page.getByRole("button", { name: "Sign in" }).click()
  await page.getByLabel("Name").fill(name)
  await page.getByRole("button", { name: "Add" }).click()
  await page.getByRole("heading", { name: "Get started" }).waitFor()
  const tenant = new URL(page.url()).pathname.split("/")[2]!

  await open(page, "Tenants")
  const row = page.getByRole("row", { name: new RegExp(name) })
  await row.getByText("Portal link…").click()
  await row.getByRole("button", { name: "Create the link" }).click()
  const link = await page.getByRole("region", { name: "Portal link" }).innerText()
  await page.getByRole("button", { name: "Sign out" }).locator("visible=true").click()
  await page.getByLabel("API key").waitFor()
  return { tenant, link }
}

export async function openLink({ page, served }: Flow, tenant: string, link: string) {
  await page.goto(link)
  await page.getByRole("button", { name: "Open the portal" }).click()
  await page.waitForURL(`${served.url}/portal/${tenant}`)
}

/** Returns its secret. */
export async function addEndpoint({ page, served: { receiver } }: Flow): Promise<string> {
  await page.getByRole("link", { name: "Add an endpoint" }).click()
  await page.getByRole("link", { name: "Webhook", exact: true }).click()
  await page.getByLabel("URL", { exact: true }).fill(receiver.url)
  await page.getByLabel("Name", { exact: true }).fill("Warehouse")
  await page.getByRole("button", { name: "Add endpoint" }).click()
  const secret = await page.getByRole("region", { name: "Secret" }).innerText()
  assert.match(secret, /^whsec_/)
  await page.getByRole("button", { name: "Send a test webhook" }).click()
  await page.getByText("The test was delivered.").waitFor()
  return secret
}

/** Returns the PBX's token. */
export async function connectPbx({ page, served, work, hasScripts }: Flow): Promise<string> {
  const { api, receiver } = served
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
  const disconnect = await connect(api, token, queueUrl)
  const isGreen = async () => {
    await work()
    if (!hasScripts) await page.reload()
    return page.locator("dd .is-ok").filter({ hasText: "Connected" }).isVisible()
  }
  await until(isGreen, { what: "the PBX's page turns green" })
  await open(page, "Deliveries")
  const arrived = async () => {
    await work()
    if (!hasScripts) await page.reload()
    return page.locator("#live").getByRole("link", { name: "plan.created" }).isVisible()
  }
  await until(arrived, { what: "the PBX's webhooks are listed" })
  assert.ok(receiver.arrived.some(({ webhook }) => webhook.type === "plan.created"))
  await disconnect()
  await work()
  await page.goto(pbxPage)
  return token
}

/** A collector at the demo's PBX, with what a page says. */
async function connect(api: TestApi, sourceToken: string, ingestQueueUrl: string) {
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

/** From the page of the PBX that is just connected. */
export async function failAndRetry({ page, served: { receiver }, work }: Flow) {
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
}

export async function recover({ page, served, work }: Flow, tenant: string, token: string) {
  const { api, receiver } = served
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
}

export async function rotateSecret({ page }: Flow, secret: string) {
  await open(page, "Endpoints")
  await page.getByRole("link", { name: "Warehouse" }).click()
  await page.getByRole("button", { name: "Show the secret" }).click()
  assert.equal(await page.getByRole("region", { name: "Secret" }).innerText(), secret)
  await page.getByText("Rotate…").click()
  await page.getByRole("button", { name: "Rotate", exact: true }).click()
  const rotated = await page.getByRole("region", { name: "New secret" }).innerText()
  assert.match(rotated, /^whsec_/)
  assert.notEqual(rotated, secret)
}

export async function signOut({ page, served }: Flow, tenant: string, link: string) {
  await page.getByRole("button", { name: "Sign out" }).locator("visible=true").click()
  await page.goto(`${served.url}/portal/${tenant}`)
  await page.getByRole("heading", { name: "Sign in" }).waitFor()
  await page.goto(link)
  await page.getByText("This link is no longer valid").waitFor()
}
