import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { after, before, mock, test } from "node:test"
import { SendMessageCommand } from "@aws-sdk/client-sqs"
import { operatorPages, tenantPages } from "@ringback/functions/portal/pages"
import { serveCrm, type CrmServer } from "../crm/server.ts"
import { makeMessageId } from "../harness/heard.ts"
import { answer, startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { startPortal, type TestPortal, type Visitor } from "./portal.ts"
import { say, sayCall, sendAs, stampOf } from "./say.ts"
import { settle, settleRandom } from "./settled.ts"

// Every page as it is answered, in pages.txt. A change of any page is a change of that file, which a reader of the change
// sees: `RINGBACK_WRITE_PAGES=1 node --test test/portal/pages.test.ts` writes it anew.

const file = new URL("pages.txt", import.meta.url)

const MINUTE_MS = 60_000

let stack: Stack
let portal: TestPortal
let receiver: TestReceiver
let crm: CrmServer
let unsettle: () => void
/** What was answered, by what was asked. */
const answered = new Map<string, string>()
const asked = new Set<string>()

before(async () => {
  // On a clock of its own: ids sort by it, and pages say times.
  mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-22T12:00:00Z") })
  unsettle = settleRandom()
  stack = await startStack({ isClockMoved: true })
  receiver = await startReceiver()
  receiver.behave(({ path }, response) =>
    path === "/wrong"
      ? answer(response, 500, {}, "<h1>Internal server error</h1>")
      : answer(response, 204),
  )
  crm = await serveCrm(() => ({ status: 400, body: { message: "No such property" } }))
  portal = await startPortal({ stack, crmUrls: { hubspot: crm.url } })
  await visitAll()
})
after(async () => {
  await crm.close()
  await receiver.close()
  await stack.close()
  unsettle()
  mock.timers.reset()
})

const tick = (ms = MINUTE_MS) => mock.timers.setTime(Date.now() + ms)

async function post(at: string, body: object) {
  tick()
  const made = await portal.call(`POST ${at}`, { body })
  assert.ok(made.status < 300, made.text)
  return made.body
}

async function pump() {
  await pumpAll(stack, makeDeps(stack, { crmUrls: { hubspot: crm.url }, random: () => 0.5 }))
}

/** A page, kept under the name of who asked and what; ids in the name are as in the page. */
async function see(
  who: string,
  visitor: Visitor,
  asking: string,
  fields?: Record<string, string>,
): Promise<string> {
  tick(1_000)
  const [method, at] = asking.split(" ") as [string, string]
  const { status, text, location } =
    method === "GET" ? await visitor.get(at) : await visitor.post(at, fields)
  asked.add(`${method.toLowerCase()} ${at.replace(/\?.*/, "")}`)
  const form = fields ? ` ${JSON.stringify(fields)}` : ""
  // Numbered, because some are asked for twice.
  const head = `${answered.size + 1} ${who}: ${asking}${form}`
  answered.set(head, `${status}${location === null ? "" : ` to ${location}`}\n${text}`)
  return text
}

async function visitAll() {
  const operator = await portal.signIn()
  const see1 = (asking: string, fields?: Record<string, string>) =>
    see("operator", operator, asking, fields)
  const stranger = portal.visitor()
  await see("stranger", stranger, "GET /portal")
  await see("stranger", stranger, "GET /portal/tenants")
  await see("stranger", stranger, "POST /portal/sign-in", { key: "wrong" })
  for (const each of ["tenants", "search", "dead-letters", "rejected", "cost", "audit"])
    await see1(`GET /portal/${each}`)
  await see1("POST /portal/tenants", { name: "" })
  await see1("POST /portal/tenants", { name: "Made by a form" })

  const tenant = await post("/v1/tenants", { name: "Acme" })
  const path = `/v1/tenants/${tenant.id}`
  const base = `/portal/${tenant.id}`
  await see1(`GET ${base}`)
  const lists = ["calls", "events", "deliveries", "endpoints", "sources", "keys", "audit"]
  for (const each of lists) await see1(`GET ${base}/${each}`)

  await post(`${path}/keys`, {
    name: "Until the end of the year",
    expiresAt: "2026-12-31T00:00:00Z",
  })
  const reading = await post(`${path}/keys`, { name: "To look", scope: "read" })
  const own = await post(`${path}/keys`, { name: "Own" })
  const source = await post(`${path}/sources`, { name: "Copenhagen" })
  const silent = await post(`${path}/sources`, { name: "Silent" })
  const good = await post(`${path}/endpoints`, {
    url: `${receiver.url}good`,
    description: "Gets all",
    eventTypes: ["*"],
  })
  const wrong = await post(`${path}/endpoints`, {
    url: `${receiver.url}wrong`,
    description: "Fails",
    eventTypes: ["campaign.*", "dialing.updated", "call.*"],
    sources: [source.id],
    filter: { "data.status": [0, 1, 2] },
    headers: { "x-crm-account": "4711" },
    metadata: { team: "winback" },
    rateLimit: 5,
    auth: { type: "basic", username: "ringback", password: "secret" },
  })
  const off = await post(`${path}/endpoints`, {
    url: `${receiver.url}off`,
    description: " ",
    disabled: true,
  })
  const shaping = await post(`${path}/endpoints`, {
    url: `${receiver.url}shaped`,
    eventTypes: ["campaign.*"],
    transform: '{"text": data.name}',
    signing: "ed25519",
  })
  const pull = await post(`${path}/endpoints`, { pull: true, eventTypes: ["queue.*"] })
  const hubspot = await post(`${path}/endpoints`, {
    description: "HubSpot",
    connector: {
      kind: "hubspot",
      auth: { type: "bearer", token: "t" },
      map: '{"hs_call_title": "A call"}',
      dispositions: { answered: "d1" },
    },
  })
  const salesforce = await post(`${path}/endpoints`, {
    description: "Salesforce",
    disabled: true,
    connector: {
      kind: "salesforce",
      instanceUrl: "https://acme.my.salesforce.com",
      auth: {
        type: "oauth2",
        grant: "client_credentials",
        clientId: "c",
        clientSecret: "s",
      },
    },
  })

  const call = { uuid: "call-1", number: "+4520123456" }
  await say(portal, source.token, [
    ["Event", "OutDlListUpdate"],
    ["Uuid", "row-1"],
    ["Name", "Anna"],
    ["UKey", "4711"],
    ["TmUpdate", stampOf(Date.now())],
  ])
  await pump()
  tick()
  await sayCall(portal, source.token, call, [["DlListUuid", "row-1"]])
  await pump()
  for (const eventType of ["campaign.updated", "queue.created", "dialing.updated"]) {
    await post(`${path}/sources/${source.id}/test`, { eventType })
    await pump()
  }
  tick()
  await say(portal, source.token, [
    ["Event", "OutCampaignUpdate"],
    ["Uuid", "campaign-1"],
    ["Name", "Winback"],
    ["Status", "1"],
    ["Variable", "region=north"],
    ["TmCreate", stampOf(Date.now() - MINUTE_MS)],
    ["TmUpdate", stampOf(Date.now())],
  ])
  await pump()
  const heard = { v: 1, collector: "A".repeat(22) } as const
  await sendAs(portal, source.token, {
    ...heard,
    kind: "heartbeat",
    id: makeMessageId(),
    receivedAt: Date.now(),
    version: "0.1.0",
    connectedSince: Date.now() - MINUTE_MS,
    spoolDepth: 3,
    spoolAgeSeconds: 100,
  })
  const [from, to] = [Date.now() - 10 * MINUTE_MS, Date.now() - 9 * MINUTE_MS]
  await sendAs(portal, source.token, {
    ...heard,
    kind: "gap",
    id: makeMessageId(),
    receivedAt: Date.now(),
    gap: { id: makeMessageId(), from, to, reason: "connection lost", inferred: {} },
  })
  await pump()
  const urls = stack.queues.Jobs
  await stack.sqs.send(
    new SendMessageCommand({ QueueUrl: urls.deadLetterUrl, MessageBody: "not a job" }),
  )
  await stack.sqs.send(
    new SendMessageCommand({ QueueUrl: stack.queues.Ingest.url, MessageBody: "no message" }),
  )
  await pump()

  const events = (await portal.call(`GET ${path}/events?limit=100`)).body.data
  const typeOf = (type: string) => events.find((each: { type: string }) => each.type === type)
  const campaign = (await portal.call(`GET ${path}/events?uuid=campaign-1`)).body.data[0]
  const deliveriesOf = async (query: string) =>
    (await portal.call(`GET ${path}/deliveries?${query}`)).body.data
  const ofEach = await Promise.all(
    [good, wrong, off, shaping, pull, hubspot].map(
      async ({ id }) => (await deliveriesOf(`endpointId=${id}`))[0],
    ),
  )

  for (const each of ["", "?window=hour", "?window=week", "?window=odd"])
    await see1(`GET ${base}${each}`)
  for (const each of lists) await see1(`GET ${base}/${each}`)
  for (const { id } of [good, wrong, off, shaping, pull, hubspot, salesforce]) {
    await see1(`GET ${base}/endpoints/${id}`)
    await see1(`GET ${base}/endpoints/${id}/edit`)
  }
  for (const done of ["saved", "enabled", "disabled", "recovering", "odd"])
    await see1(`GET ${base}/endpoints/${wrong.id}?done=${done}`)
  for (const each of ofEach) if (each) await see1(`GET ${base}/deliveries/${each.id}`)
  await see1(`GET ${base}/deliveries/${ofEach[1].id}?done=retried`)
  await see1(`GET ${base}/deliveries?status=held`)
  await see1(`GET ${base}/deliveries?status=discarded&endpointId=${wrong.id}&within=hour`)
  await see1(`GET ${base}/deliveries?eventType=campaign.updated&within=day`)
  for (const { id } of [campaign, typeOf("source.gap"), typeOf("call.completed")].filter(Boolean))
    await see1(`GET ${base}/events/${id}`)
  await see1(`GET ${base}/events/${campaign.id}?done=replayed&count=1`)
  await see1(`GET ${base}/events/${campaign.id}?done=replayed&count=7`)
  await see1(`GET ${base}/events?uuid=campaign-1&within=hour`)
  await see1(`GET ${base}/events?type=nothing`)
  await see1(`GET ${base}/calls/call-1`)
  await see1(`GET ${base}/calls/none`)
  await see1(`GET ${base}/calls?ended=answered&number=4520123456`)
  for (const { id } of [source, silent]) await see1(`GET ${base}/sources/${id}`)
  await see1(`GET ${base}/sources/${source.id}?done=renamed`)
  await see1(`GET ${base}/sources/new`)
  await see1(`GET ${base}/sources?done=deleted`)
  await see1(`GET ${base}/event-types`)
  await see1(`GET ${base}/event-types/dialing.updated`)
  await see1(`GET ${base}/event-types/call.completed`)
  await see1(`GET ${base}/event-types/none`)
  await see1(`GET ${base}/audit?target=${wrong.id}`)
  await see1(`GET ${base}/audit?target=ep_00000000000000000000000000`)
  await see1(`GET ${base}/keys?done=revoked`)
  await see1(`GET ${base}/endpoints/new`)
  for (const kind of ["webhook", "pull", "hubspot", "salesforce", "pipedrive", "zoho"])
    await see1(`GET ${base}/endpoints/new?kind=${kind}`)
  await see1(`GET ${base}/endpoints/new?kind=webhook&example=slack`)
  await see1(`GET ${base}/endpoints?done=deleted`)
  await see1(`GET ${base}/nothing`)
  for (const each of ["tenants", "dead-letters", "rejected", "cost", "audit"])
    await see1(`GET /portal/${each}`)
  for (const q of ["Acme", "4520123456", campaign.id, "no such thing"])
    await see1(`GET /portal/search?q=${encodeURIComponent(q)}`)

  // Who may look only sees the same without what changes anything.
  const reader = await portal.signIn(reading.key)
  await see("reader", reader, "GET /portal")
  for (const each of ["", ...lists.map((list) => `/${list}`)])
    await see("reader", reader, `GET ${base}${each}`)
  for (const at of [
    `endpoints/${wrong.id}`,
    `endpoints/${wrong.id}/edit`,
    "endpoints/new",
    `deliveries/${ofEach[1].id}`,
    `events/${campaign.id}`,
    `sources/${source.id}`,
    "sources/new",
    "calls/call-1",
  ])
    await see("reader", reader, `GET ${base}/${at}`)

  // What is done, and what is refused.
  const owner = await portal.signIn(own.key)
  const act = (at: string, fields: Record<string, string> = {}) =>
    see("owner", owner, `POST ${base}/${at}`, fields)
  await act(`endpoints/${good.id}/test`)
  await act(`endpoints/${wrong.id}/test`)
  await act(`endpoints/${wrong.id}/secret`)
  await act(`endpoints/${wrong.id}/rotate`, { overlap: "3600" })
  await act(`endpoints/${wrong.id}/rotate`, { overlap: "0" })
  await act(`endpoints/${good.id}/disable`)
  await act(`endpoints/${good.id}/enable`)
  await act(`endpoints/${wrong.id}/recover`, { since: "24" })
  await act(`endpoints/${wrong.id}/recover/start`, { since: "odd", until: "odd" })
  await act(`endpoints/${shaping.id}/preview`, { kind: "webhook", transform: "{" })
  await act("endpoints/preview", {
    kind: "webhook",
    url: "https://example.com/",
    transform: "data",
  })
  await act("endpoints/new", {
    kind: "webhook",
    url: "ftp://example.com",
    patterns: "odd.*",
    headers: "x",
    filter: "{",
    rateLimit: "-1",
  })
  for (const kind of ["pull", "hubspot", "salesforce", "pipedrive", "zoho"])
    await act("endpoints/new", { kind })
  await act(`endpoints/${wrong.id}/edit`, { kind: "webhook", url: "https://no-such.test/" })
  await act(`endpoints/${hubspot.id}/edit`, { kind: "hubspot", map: "{" })
  await act(`deliveries/${ofEach[0].id}/retry`)
  await act(`events/${campaign.id}/replay`, { endpointId: good.id })
  await act(`events/${campaign.id}/replay`, { endpointId: "odd" })
  await act("sources/new", { name: "" })
  await act("sources/new", { name: "Aarhus" })
  await act(`sources/${source.id}/rename`, { name: "" })
  await act(`sources/${source.id}/rename`, { name: "Odense" })
  await act(`sources/${source.id}/rotate`, { overlap: "3600" })
  await act(`sources/${source.id}/test`, { eventType: "queue.created" })
  await act(`sources/${source.id}/test`, { eventType: "odd" })
  await act(`sources/${silent.id}/delete`)
  await act("keys", { name: "", days: "x" })
  await act("keys", { name: "Made by a form", scope: "read", days: "30" })
  await act("keys/link")
  await act(`keys/${reading.id}/revoke`)
  await act(`endpoints/${off.id}/delete`)
  await see("owner", owner, `GET ${base}/audit`)
  await see("owner", owner, "GET /portal/tenants")
  await see1(`POST /portal/tenants/${tenant.id}/link`)
  await see1("POST /portal/dead-letters/redrive", { queue: "jobs" })
  await see1("POST /portal/dead-letters/redrive", { queue: "odd" })
  await see1(`POST /portal/tenants/${tenant.id}/delete`)
  await see1("GET /portal/tenants?done=deleted")
  await see1("GET /portal/audit")
  await see1(`GET ${base}`)
  await see1("POST /portal/sign-out")
}

test("every page is what it was (else: RINGBACK_WRITE_PAGES=1, and read what has changed)", () => {
  const pagesOf = (text: string) => text.split(/^(?==== )/m)
  const settled = settle(answered)
  if (process.env["RINGBACK_WRITE_PAGES"] === "1") writeFileSync(file, settled)
  const [were, are] = [pagesOf(readFileSync(file, "utf8")), pagesOf(settled)]
  assert.deepEqual(
    are.filter((page) => !were.includes(page)),
    were.filter((page) => !are.includes(page)),
  )
})

test("every page and every form is asked for", () => {
  const all = [
    ...tenantPages.map(({ method, path }) => ({ method, path: `/portal/:tenant${path}` })),
    ...operatorPages.map(({ method, path }) => ({ method, path: `/portal${path}` })),
  ]
  const missing = all.filter(({ method, path }) => {
    const form = new RegExp(`^${method} ${path.replaceAll(/:\w+/g, "[^/]+")}$`)
    return ![...asked].some((each) => form.test(each))
  })
  assert.deepEqual(missing, [])
})
