import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { operatorPages, tenantPages } from "@ringback/functions/portal/pages"
import { makeMessageId } from "../harness/heard.ts"
import { answer, startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { serveCrm, type CrmServer } from "../crm/server.ts"
import { startPortal, type TestPortal, type Visitor } from "./portal.ts"
import { say, sayCall, sendAs } from "./say.ts"

// Every text that somebody else decides, and that a page may show: a script in it is shown as a text, and is nowhere markup.

/** Markup that says which field it was in. */
const evil = (field: string) =>
  `"'><img src=x onerror="at('${field}')"></textarea></pre><script>at('${field}')</script>`
const sign = (field: string) => `at('${field}')`
const asText = (field: string) => `at(&#39;${field}&#39;)`

// Put there through the API, by the PBX's collector, by a receiver's answer.
const STORED = [
  ..."tenant.name source.name key.name".split(" "),
  ..."endpoint.url endpoint.description endpoint.header endpoint.metadata.key endpoint.metadata.value".split(
    " ",
  ),
  ..."endpoint.filter.path endpoint.filter.value endpoint.transform endpoint.auth.name".split(" "),
  ..."connector.description connector.map connector.disposition connector.metadata".split(" "),
  ..."pbx.uuid pbx.name pbx.detail pbx.status pbx.time pbx.variable.name pbx.variable.value".split(
    " ",
  ),
  ..."pbx.header.name pbx.header.value pbx.number pbx.contact.name pbx.contact.key".split(" "),
  ..."collector.version gap.reason receiver.body receiver.test crm.body".split(" "),
  ..."transform.output transform.header event.in.preview".split(" "),
]
// Typed into a form that is refused, and shown again.
const FORM = [
  ..."url description patterns filter transform headers metadata rateLimit secret".split(" "),
  ..."auth-token auth-username auth-password auth-name auth-value".split(" "),
  ..."auth-tokenUrl auth-clientId auth-clientSecret auth-refreshToken auth-scope".split(" "),
  ..."instanceUrl companyDomain callIdField timeZone matchField country map".split(" "),
  ..."disposition-answered disposition-busy".split(" "),
]
// Of an address.
const ASKED = [
  ..."status uuid type endpointId eventType after done window cursor count within".split(" "),
  ..."kind events example q token ended target".split(" "),
]

let portal: TestPortal
let receiver: TestReceiver
let crm: CrmServer
let operator: Visitor
/** Every page that was answered, whatever it was asked. */
const pages: { at: string; text: string }[] = []
before(async () => {
  receiver = await startReceiver()
  receiver.behave(({ path }, response) =>
    answer(response, 500, {}, evil(path === "/test" ? "receiver.test" : "receiver.body")),
  )
  crm = await serveCrm(() => ({ status: 400, body: { message: evil("crm.body") } }))
  portal = await startPortal({ crmUrls: { hubspot: crm.url } })
  operator = await portal.signIn()
  await visitAll(await fill())
})
after(async () => {
  await receiver.close()
  await crm.close()
  await portal.close()
})

/** A tenant with a script in everything. */
async function fill(): Promise<Record<string, string>> {
  const post = async (at: string, body: object) => {
    const made = await portal.call(`POST ${at}`, { body })
    assert.ok(made.status < 300, made.text)
    return made.body
  }
  const tenant = await post("/v1/tenants", { name: evil("tenant.name") })
  const path = `/v1/tenants/${tenant.id}`
  await post(`${path}/keys`, { name: evil("key.name") })
  const source = await post(`${path}/sources`, { name: evil("source.name") })
  const endpoint = await post(`${path}/endpoints`, {
    url: `${receiver.url}?'onmouseover=${sign("endpoint.url")}//'`,
    description: evil("endpoint.description"),
    headers: { "x-note": evil("endpoint.header") },
    metadata: { [evil("endpoint.metadata.key").slice(0, 100)]: evil("endpoint.metadata.value") },
    filter: { "data.name": [evil("endpoint.filter.value")] },
    transform: JSON.stringify(evil("endpoint.transform")),
    auth: { type: "basic", username: evil("endpoint.auth.name"), password: "p" },
  })
  await post(`${path}/endpoints`, {
    url: receiver.url,
    description: "Gets all",
    eventTypes: ["*"],
  })
  const shaping = await post(`${path}/endpoints`, {
    url: `${receiver.url}test`,
    eventTypes: ["campaign.*"],
    transform: `{"$request": {"headers": {"x-of": ${JSON.stringify(evil("transform.header"))}}, "body": ${JSON.stringify(evil("transform.output"))}}}`,
  })
  const connector = await post(`${path}/endpoints`, {
    description: evil("connector.description"),
    metadata: { note: evil("connector.metadata") },
    connector: {
      kind: "hubspot",
      auth: { type: "bearer", token: "t" },
      map: `{"hs_call_title": ${JSON.stringify(evil("connector.map"))}}`,
      dispositions: { answered: evil("connector.disposition") },
    },
  })
  await say(portal, source.token, [
    ["Event", "OutCampaignUpdate"],
    ["Uuid", evil("pbx.uuid")],
    ["Name", evil("pbx.name")],
    ["Detail", evil("pbx.detail")],
    ["Status", evil("pbx.status")],
    ["Variable", `${evil("pbx.variable.name").replaceAll("=", "")}=${evil("pbx.variable.value")}`],
    [evil("pbx.header.name").replaceAll(/[\s:]/g, ""), evil("pbx.header.value")],
    ["TmUpdate", evil("pbx.time")],
  ])
  await say(portal, source.token, [
    ["Event", "OutDlListUpdate"],
    ["Uuid", "row-1"],
    ["Name", evil("pbx.contact.name")],
    ["UKey", evil("pbx.contact.key")],
    ["Email", evil("pbx.contact.email")],
  ])
  await pumpAll(portal.stack, portal.deps)
  await sayCall(portal, source.token, { uuid: "call-1", number: evil("pbx.number") }, [
    ["DlListUuid", "row-1"],
  ])
  await sendAs(portal, source.token, {
    v: 1,
    kind: "heartbeat",
    id: makeMessageId(),
    collector: "A".repeat(22),
    receivedAt: Date.now(),
    version: evil("collector.version"),
    connectedSince: Date.now() - 60_000,
    spoolDepth: 0,
    spoolAgeSeconds: 0,
  })
  const [from, to] = [Date.now() - 120_000, Date.now() - 60_000]
  await sendAs(portal, source.token, {
    v: 1,
    kind: "gap",
    id: makeMessageId(),
    collector: "A".repeat(22),
    receivedAt: Date.now(),
    gap: { id: makeMessageId(), from, to, reason: evil("gap.reason"), inferred: {} },
  })
  await pumpAll(portal.stack, makeDeps(portal.stack, { crmUrls: { hubspot: crm.url } }))
  const events = await portal.call(`GET ${path}/events?type=campaign.updated`)
  const deliveries = await portal.call(`GET ${path}/deliveries?eventType=campaign.updated`)
  const logged = await portal.call(`GET ${path}/deliveries?endpointId=${connector.id}`)
  const shaped = await portal.call(`GET ${path}/deliveries?endpointId=${shaping.id}`)
  return {
    tenantId: tenant.id,
    endpointId: endpoint.id,
    shapingId: shaping.id,
    connectorId: connector.id,
    sourceId: source.id,
    eventId: events.body.data[0].id,
    deliveryId: deliveries.body.data.find(
      (each: { endpointId: string }) => each.endpointId !== shaping.id,
    ).id,
    loggedId: logged.body.data[0].id,
    shapedId: shaped.body.data[0].id,
    type: "campaign.updated",
    uuid: evil("pbx.uuid"),
  }
}

const form = Object.fromEntries(FORM.map((each) => [each, evil(`form.${each}`)]))
const query = new URLSearchParams(
  ASKED.map((each): [string, string] => [each, evil(`query.${each}`)]),
).toString()

/** Asks for every page there is, and sends every form but those that end something. */
async function visitAll(ids: Record<string, string>) {
  const keep = async (asked: Promise<{ text: string }>, at: string) =>
    void pages.push({ at, text: (await asked).text })
  const get = (at: string) => keep(operator.get(at), `GET ${at.slice(0, 120)}`)
  const post = (at: string, fields: Record<string, string>) =>
    keep(operator.post(at, fields), `POST ${at.slice(0, 120)}`)
  const filled = (path: string, more: Record<string, string> = {}) =>
    path.replaceAll(/:(\w+)/g, (_, each: string) =>
      encodeURIComponent({ ...ids, id: ids["tenantId"]!, ...more }[each]!),
    )
  const base = `/portal/${ids["tenantId"]}`
  const others = [
    {},
    { endpointId: ids["connectorId"]!, deliveryId: ids["loggedId"]!, uuid: "call-1" },
    { endpointId: ids["shapingId"]!, deliveryId: ids["shapedId"]! },
  ]
  for (const { method, path } of tenantPages) {
    for (const at of new Set(others.map((each) => base + filled(path, each)))) {
      if (method === "get") {
        await get(at)
        await get(`${at}?${query}`)
      } else if (!/delete|rename|rotate|edit$/.test(at)) await post(at, form)
    }
  }
  for (const { method, path } of operatorPages) {
    if (method === "get") {
      await get(`/portal${filled(path)}`)
      await get(`/portal${filled(path)}?${query}`)
    }
  }
  await post(`${base}/endpoints/${ids["endpointId"]}/edit`, form)
  for (const kind of ["webhook", "pull", "hubspot", "salesforce", "pipedrive", "zoho"]) {
    for (const auth of ["bearer", "basic", "header", "client_credentials", "refresh_token"]) {
      const fields = { ...form, kind, auth, which: "some", match: "externalId" }
      await post(`${base}/endpoints/new`, fields)
      await post(`${base}/endpoints/preview`, fields)
    }
  }
  const preview = { kind: "webhook", which: "some", patterns: "*" }
  await post(`${base}/endpoints/preview`, { ...preview, event: ids["eventId"]! })
  await post(`${base}/endpoints/new`, {
    kind: "webhook",
    url: "https://example.com/",
    filter: JSON.stringify({ [`data.${evil("endpoint.filter.path")}`]: [1] }),
  })
  const name = evil("event.in.preview")
  await post(`${base}/endpoints/preview`, {
    ...preview,
    event: "campaign.updated",
    transform: JSON.stringify({ name }),
  })
  await get("/portal/search?q=img")
  await get(`/portal/link?${query}`)
  await get(`/portal?${query}`)
  await post("/portal/tenants", { name: `${evil("form.tenant.name")}${"x".repeat(200)}` })
  await post(`${base}/sources/new`, { name: `${evil("form.source.name")}${"x".repeat(200)}` })
  await post(`${base}/keys`, { name: `${evil("form.key.name")}${"x".repeat(200)}` })
}

const isMarkup = (text: string) =>
  /<script(?! src="\/portal\/assets\/)|<img|onerror="at|onmouseover="at|<\/textarea>'?<\/pre>/.exec(
    text,
  )

for (const field of STORED) {
  test(`${field}: a script in it is shown, as a text`, () => {
    const shown = pages.filter(({ text }) => text.includes(asText(field)))
    assert.ok(shown.length > 0, `shown on ${shown.length} pages`)
    for (const { at, text } of pages) assert.ok(!text.includes(sign(field)), at)
  })
}
for (const field of FORM) {
  test(`the form's ${field}: a script in it is shown again, as a text`, () => {
    const name = `form.${field}`
    const shown = pages.filter(({ text }) => text.includes(asText(name)))
    assert.ok(shown.length > 0, `shown on ${shown.length} pages`)
    for (const { at, text } of pages) assert.ok(!text.includes(sign(name)), at)
  })
}
for (const field of ASKED) {
  test(`an address's ${field}: a script in it becomes no markup`, () => {
    for (const { at, text } of pages) assert.ok(!text.includes(sign(`query.${field}`)), at)
  })
}

test("no page has markup that is not the portal's", () => {
  assert.ok(pages.length > 150, `${pages.length} pages`)
  for (const { at, text } of pages) assert.equal(isMarkup(text)?.[0], undefined, at)
})

test("the table has every field of the endpoint form", async () => {
  const names = new Set<string>()
  for (const { at, text } of pages) {
    if (!at.includes("/endpoints/new?")) continue
    for (const [, each] of text.matchAll(/name="([^"]+)"/g)) names.add(each!)
  }
  // Chosen, not written: the API refuses any other value, and what is shown again is the form's own.
  const chosen =
    /^(kind|once|auth|which|eventTypes|sources|signing|order|event|match|create|several|live|dataCenter|viewport|color-scheme|htmx-config)$/
  const written = [...names].filter((each) => !chosen.test(each))
  const known = new Set([...FORM, "disposition-no_answer", "disposition-rejected"])
  for (const each of ["disposition-congestion", "disposition-failed"]) known.add(each)
  assert.deepEqual(
    written.filter((each) => !known.has(each)),
    [],
  )
})
