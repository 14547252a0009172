import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, test } from "node:test"
import { transformExamples } from "@ringback/functions/portal/pages/transform-examples"
import { makeTenant } from "../api/api.ts"
import { pumpAll } from "../harness/system.ts"
import { startPortal, words, type TestPortal, type Visitor } from "./portal.ts"
import { sayCall } from "./say.ts"

let portal: TestPortal
let visitor: Visitor
let path: string
let base: string
before(async () => {
  portal = await startPortal()
  const tenant = await makeTenant(portal)
  path = tenant.path
  base = `/portal/${tenant.id}`
  visitor = await portal.signIn(tenant.key)
})
after(() => portal.close())

const URL_ = "https://example.com/hooks"

/** The endpoint that a form made, as the API has it. */
async function made(fields: Record<string, string>) {
  const { status, text } = await visitor.post(`${base}/endpoints/new`, fields)
  assert.equal(status, 200, words(text))
  const id = /endpoints\/(ep_[0-9a-z]+)/.exec(text)?.[1] ?? ""
  const { body } = await portal.call(`GET ${path}/endpoints/${id}`)
  return { id, text, body }
}

test("each kind has a card, and a form of its own behind it", async () => {
  const { text } = await visitor.get(`${base}/endpoints/new`)
  const links = [...text.matchAll(/href="([^"]*endpoints\/new\?[^"]*)"/g)].map(([, to]) => to!)
  assert.equal(links.length, 9)
  const own: Record<string, string[]> = {
    webhook: ["url", "headers", "transform", "signing", "auth"],
    pull: ["transform", "signing"],
    hubspot: ["auth-token", "match", "live", "map", "disposition-answered"],
    salesforce: ["instanceUrl", "auth-clientSecret", "callIdField", "timeZone", "live"],
    pipedrive: ["companyDomain", "auth-token", "live"],
    zoho: ["dataCenter", "auth-refreshToken", "callIdField"],
  }
  const all = new Set(Object.values(own).flat())
  const seen = new Set<string>()
  for (const link of links) {
    const { status, text: form } = await visitor.get(link.replaceAll("&amp;", "&"))
    assert.equal(status, 200)
    const kind = /name="kind" value="(\w+)"/.exec(form)![1]!
    seen.add(kind)
    for (const name of all) {
      const isThere = form.includes(`name="${name}"`)
      if (own[kind]!.includes(name)) assert.ok(isThere, `${kind} has ${name}`)
    }
    for (const name of ["url", "instanceUrl", "companyDomain", "dataCenter", "headers"])
      assert.equal(form.includes(`name="${name}"`), own[kind]!.includes(name), `${kind}: ${name}`)
  }
  assert.deepEqual([...seen].sort(), Object.keys(own).sort())
})

test("a webhook's form makes what the API would, with all of its settings", async () => {
  const { body } = await made({
    kind: "webhook",
    url: URL_,
    description: "CRM",
    which: "some",
    patterns: "campaign.*, dialing.updated",
    filter: '{"data.status": [0, 1]}',
    transform: '{\r\n  "text": data.name\r\n}',
    order: "latest",
    auth: "basic",
    "auth-username": "ringback",
    "auth-password": "secret",
    "auth-token": "of another choice",
    rateLimit: "50",
    headers: "x-crm-account: 4711",
    metadata: "team: renewals",
    signing: "ed25519",
  })
  assert.equal(body.url, URL_)
  assert.deepEqual(body.eventTypes, ["campaign.*", "dialing.updated"])
  assert.deepEqual(body.filter, { "data.status": [0, 1] })
  assert.equal(body.transform, '{\n  "text": data.name\n}')
  assert.equal(body.order, "latest")
  assert.deepEqual(body.auth, { type: "basic", username: "ringback", password: null })
  assert.equal(body.rateLimit, 50)
  assert.deepEqual(body.headers, { "x-crm-account": "4711" })
  assert.deepEqual(body.metadata, { team: "renewals" })
  assert.equal(body.signing, "ed25519")
})

test("a url on another host asks beside the credentials for them, and takes them given again", async () => {
  const fields = { kind: "webhook", url: URL_, "auth-username": "ringback" }
  const { id } = await made({ ...fields, auth: "basic", "auth-password": "secret" })
  const edit = `${base}/endpoints/${id}/edit`
  assert.match(
    words((await visitor.get(edit)).text),
    /If the URL changes to another host, enter it again/,
  )
  const moved = { ...fields, url: "https://other.invalid/hook" }

  const refused = await visitor.post(edit, { ...moved, auth: "keep" })
  assert.equal(refused.status, 400)
  const fieldset = /<fieldset class="field auth">[^]*?<\/fieldset>/.exec(refused.text)![0]
  assert.match(words(fieldset), /The url has another host: give auth again/)
  assert.match(fieldset, /value="basic"\s+checked/)
  assert.match(fieldset, /name="auth-username"[^>]*value="ringback"/)
  assert.doesNotMatch(refused.text, /"secret"/)

  const saved = await visitor.post(edit, { ...moved, auth: "basic", "auth-password": "new" })
  assert.equal(saved.location, `${base}/endpoints/${id}?done=saved`, words(saved.text))
  const { body } = await portal.call(`GET ${path}/endpoints/${id}`)
  assert.equal(body.url, "https://other.invalid/hook")
  assert.deepEqual(body.auth, { type: "basic", username: "ringback", password: null })
})

const oauth = { "auth-clientId": "c", "auth-clientSecret": "s", "auth-refreshToken": "r" }
const connectors: Record<string, [fields: Record<string, string>, settings: object]> = {
  hubspot: [
    {
      auth: "bearer",
      "auth-token": "pat-1",
      match: "externalId",
      matchField: "customer_number",
      country: "DK",
      create: "contact",
      several: "first",
      live: "1",
      map: '{"hs_call_title": data.campaign.name}',
      "disposition-busy": "9d9162e7",
    },
    {
      auth: { type: "bearer", token: null },
      match: "externalId:customer_number",
      country: "DK",
      create: "contact",
      several: "first",
      live: true,
      map: '{"hs_call_title": data.campaign.name}',
      dispositions: { busy: "9d9162e7" },
    },
  ],
  salesforce: [
    {
      auth: "client_credentials",
      ...oauth,
      instanceUrl: "https://acme.my.salesforce.com",
      timeZone: "Europe/Copenhagen",
    },
    {
      auth: {
        type: "oauth2",
        grant: "client_credentials",
        clientId: "c",
        clientSecret: null,
      },
      instanceUrl: "https://acme.my.salesforce.com",
      timeZone: "Europe/Copenhagen",
      callIdField: "Ringback_Call_Id__c",
    },
  ],
  pipedrive: [
    { auth: "refresh_token", ...oauth, companyDomain: "acme", match: "email" },
    { companyDomain: "acme", match: "email", live: false },
  ],
  zoho: [
    { auth: "refresh_token", ...oauth, dataCenter: "eu" },
    { dataCenter: "eu", callIdField: "Ringback_Call_Id" },
  ],
}
for (const [kind, [fields, settings]] of Object.entries(connectors)) {
  test(`${kind}'s form makes a connector, which is shown, and changed with its credentials kept`, async () => {
    const { id, text, body } = await made({ kind, ...fields })
    assert.match(text, /Run the test/)
    const { connector } = body
    for (const [name, value] of Object.entries(settings))
      assert.deepEqual(connector[name], value, name)
    const page = words((await visitor.get(`${base}/endpoints/${id}`)).text)
    assert.match(page, /Authentication (a bearer token|OAuth 2)/)
    assert.doesNotMatch(page, /Show the secret/)
    // As a browser sends it that changed the country alone.
    const again = { ...fields, kind, auth: "keep", country: "SE" }
    const saved = await visitor.post(`${base}/endpoints/${id}/edit`, again)
    assert.equal(saved.location, `${base}/endpoints/${id}?done=saved`, words(saved.text))
    const { body: after } = await portal.call(`GET ${path}/endpoints/${id}`)
    assert.deepEqual(after.connector, { ...connector, country: "SE" })
    const { body: audit } = await portal.call(`GET ${path}/audit?target=${id}`)
    assert.doesNotMatch(JSON.stringify(audit.data[0].changes), /auth/)
  })
}

test("a pull endpoint's page has the commands that fetch from it", async () => {
  const { id, text, body } = await made({ kind: "pull", description: "Warehouse", order: "any" })
  assert.equal(body.pull, true)
  assert.equal(body.url, null)
  for (const page of [text, (await visitor.get(`${base}/endpoints/${id}`)).text]) {
    assert.match(page, new RegExp(`/endpoints/${id}/messages&quot;`))
    assert.doesNotMatch(page, new RegExp(`${id}/test"`))
  }
})

// What is wrong, and beside which field that is said.
const faults: [kind: string, fields: Record<string, string>, field: string, said: RegExp][] = [
  ["webhook", { url: "http://10.0.0.1/" }, "url", /https|private|address/],
  ["webhook", { url: URL_, filter: "{" }, "filter", /object|Object/i],
  ["webhook", { url: URL_, filter: '{"a..b": [1]}' }, "filter", /dotted path/],
  ["webhook", { url: URL_, transform: '{"text": ' }, "transform", /is not valid JSONata/],
  ["webhook", { url: URL_, rateLimit: "many" }, "rateLimit", /number/i],
  ["webhook", { url: URL_, headers: "host: x" }, "headers", /host/],
  ["webhook", { url: URL_, secret: "whsec_short" }, "secret", /base64/],
  ["webhook", { url: URL_, which: "some", patterns: "campain.*" }, "", /campaign|no event type/],
  ["webhook", { url: URL_, auth: "bearer" }, "auth-token", /length|least|empty/i],
  [
    "webhook",
    {
      url: URL_,
      auth: "client_credentials",
      "auth-tokenUrl": "http://10.0.0.1/",
      "auth-clientId": "c",
      "auth-clientSecret": "s",
    },
    "auth-tokenUrl",
    /not a public address/,
  ],
  ["hubspot", { auth: "bearer" }, "auth-token", /length|least|empty/i],
  ["hubspot", { auth: "bearer", "auth-token": "t", country: "dk" }, "country", /capital letters/],
  ["hubspot", { auth: "bearer", "auth-token": "t", map: "{" }, "map", /is not valid JSONata/],
  ["salesforce", { auth: "client_credentials", ...oauth, instanceUrl: "" }, "instanceUrl", /org/],
  [
    "salesforce",
    {
      auth: "client_credentials",
      ...oauth,
      instanceUrl: "https://acme.my.salesforce.com",
      timeZone: "Mars/Olympus",
    },
    "timeZone",
    /must be a zone/,
  ],
  ["pipedrive", { auth: "bearer", "auth-token": "t" }, "companyDomain", /must be the acme/],
  [
    "pipedrive",
    { auth: "bearer", "auth-token": "t", companyDomain: "acme", "disposition-busy": "no" },
    "disposition-busy",
    /busy|connected/,
  ],
  [
    "zoho",
    { auth: "refresh_token", ...oauth, callIdField: "1 x" },
    "callIdField",
    /field's API name/,
  ],
]
for (const [kind, fields, field, said] of faults) {
  test(`${kind}: what is wrong with ${field || "event types"} (${JSON.stringify(fields).slice(0, 60)}) stands beside it`, async () => {
    const sent = { kind, companyDomain: "", ...fields }
    const { status, text } = await visitor.post(`${base}/endpoints/new`, sent)
    assert.equal(status, 400)
    const beside =
      field === "" ? /<p class="error">([^<]*)/ : new RegExp(`id="${field}-error">([^<]*)`)
    assert.match(words(beside.exec(text)?.[1] ?? ""), said)
    // The note above names what has no place of its own, and this has one.
    assert.doesNotMatch(/role="alert">([^]*?)<\/div>/.exec(text)![1]!, /<li>/)
    for (const value of Object.values(fields).filter((each) => each.startsWith("https")))
      assert.ok(text.includes(`value="${value}"`), "what was right is still there")
  })
}

const preview = async (fields: Record<string, string>) => {
  const { status, text } = await visitor.post(`${base}/endpoints/preview`, fields)
  assert.equal(status, 200)
  const shown = /<div id="preview"[^>]*>([^]*)<div class="actions"/.exec(text)![1]!
  return { text, shown: words(shown) }
}

for (const [name, { transform }] of Object.entries(transformExamples)) {
  test(`the example ${name} makes something of a finished call`, async () => {
    const wanted = { which: "some", patterns: "call.completed", event: "call.completed" }
    const fields = { kind: "webhook", url: URL_, transform, ...wanted }
    const { shown } = await preview(fields)
    assert.match(shown, /It would be sent/)
    assert.match(shown, /POST https:\/\/example.com\/hooks/)
    assert.match(shown, /number|CallSid|Call to|AdaptiveCard/)
  })
}

test("a preview is of a call that came in, by the form as it is now, and sends nothing", async () => {
  const source = await portal.call(`POST ${path}/sources`, { body: { name: "PBX" } })
  await portal.call(`POST ${path}/endpoints`, { body: { pull: true, eventTypes: ["call.*"] } })
  const uuid = randomUUID()
  await sayCall(portal, source.body.token, { uuid, number: "+4520123456" })
  await pumpAll(portal.stack, portal.deps)
  const form = await visitor.get(`${base}/endpoints/new?kind=hubspot`)
  const event = /value="(evt_[^"]*)"/.exec(form.text)?.[1]
  assert.ok(event, "the call is offered")
  // Its token is not there yet.
  const fields = { kind: "hubspot", auth: "bearer", country: "DK", event }
  const crm = await preview(fields)
  assert.match(crm.shown, /It would be logged by these requests/)
  assert.match(crm.shown, /https:\/\/api\.hubapi\.com\/crm\/objects/)
  assert.match(crm.shown, /20123456/)
  assert.ok(crm.text.includes('value="DK"'), "the form is as it was")

  const unwanted = await preview({
    kind: "webhook",
    which: "some",
    patterns: "campaign.*",
    event,
  })
  assert.match(unwanted.shown, /This event would not be sent/)
  const filtered = await preview({
    kind: "webhook",
    which: "some",
    patterns: "call.*",
    filter: '{"data.outcome": ["busy"]}',
    event,
  })
  assert.match(filtered.shown, /This event would not be sent/)
  const broken = await preview({ kind: "webhook", transform: "{", event })
  assert.match(broken.shown, /is not valid JSONata/)
  assert.match(broken.text, /id="transform-error"/)
  const masked = await preview({
    kind: "webhook",
    headers: "x-secret: hush",
    event: "queue.created",
  })
  assert.match(masked.shown, /x-secret: \*{8}/)
})

test("an endpoint's own preview is of its own kind, whatever the form says", async () => {
  const { id } = await made({ kind: "pipedrive", ...connectors["pipedrive"]![0] })
  const fields = { ...connectors["pipedrive"]![0], kind: "webhook", event: "call.completed" }
  const { status, text } = await visitor.post(`${base}/endpoints/${id}/preview`, fields)
  assert.equal(status, 200)
  assert.match(words(text), /https:\/\/acme\.pipedrive\.com\//)
})

test("who is signed in to look only sees no form", async () => {
  const key = await portal.call(`POST ${path}/keys`, { body: { name: "look", scope: "read" } })
  const reader = await portal.signIn(key.body.key)
  for (const at of ["/endpoints/new", "/endpoints/new?kind=hubspot"])
    assert.equal((await reader.get(`${base}${at}`)).location, `${base}/endpoints`)
  const { status } = await reader.post(`${base}/endpoints/new`, { kind: "webhook", url: URL_ })
  assert.equal(status, 403)
})
