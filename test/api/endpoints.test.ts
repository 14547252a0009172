import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Webhook } from "standardwebhooks"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { takeSlots } from "@ringback/store/rate-slots"
import { answer, ok, startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { startApi, type TestApi } from "./api.ts"
import { makeWorld, type World } from "./world.ts"

let api: TestApi
let receiver: TestReceiver
let world: World
let path: string

before(async () => {
  api = await startApi()
  receiver = await startReceiver()
  world = await makeWorld(api, receiver.url)
  path = `${world.path}/endpoints`
})
after(async () => {
  await receiver.close()
  await api.close()
})

const make = (settings: object = {}) =>
  api.call(`POST ${path}`, { key: world.key, body: { url: receiver.url, ...settings } })

test("an endpoint is made with what was asked, read, changed, deleted", async () => {
  const settings = {
    eventTypes: ["campaign.*", "dialing.updated", "ami.newchannel"],
    sources: [world.ids["sourceId"]],
    filter: { "data.status": [0, 1, null, "x", 1e200, true] },
    order: "latest",
    description: "",
    headers: { "X-Team": "renewals", Authorization: "Bearer a" },
    rateLimit: 0.5,
    metadata: { team: "", "a.b": "c" },
    signing: "hmac",
    disabled: false,
    transform: null,
    auth: null,
  }
  const made = await make(settings)
  assert.equal(made.status, 201, made.text)
  const { id, secret, createdAt, updatedAt, ...rest } = made.body
  assert.deepEqual(rest, {
    url: receiver.url,
    connector: null,
    pull: false,
    ...settings,
    disabledReason: null,
  })
  assert.match(secret, /^whsec_/)
  assert.equal(made.headers.get("location"), `${path}/${id}`)
  const read = await api.call(`GET ${path}/${id}`, { key: world.key })
  assert.deepEqual(read.body, { id, ...rest, createdAt, updatedAt })
  const changed = await api.call(`PATCH ${path}/${id}`, {
    body: { eventTypes: null, headers: {}, description: "new" },
  })
  assert.deepEqual(
    [changed.body.eventTypes, changed.body.headers, changed.body.description],
    [null, {}, "new"],
  )
  assert.deepEqual(changed.body.filter, settings.filter)
  assert.equal((await api.call(`DELETE ${path}/${id}`)).status, 204)
  for (const route of [`GET ${path}/${id}`, `DELETE ${path}/${id}`, `GET ${path}/${id}/secret`]) {
    assert.equal((await api.call(route)).status, 404, route)
  }
  assert.equal((await api.call(`PATCH ${path}/${id}`, { body: {} })).status, 404)
})

test("another rate begins a line of slots of its own, the same rate does not", async () => {
  const { table } = api.deps
  const { body } = await make({ rateLimit: 0.01 })
  const tenant = world.path.split("/").at(-1)!
  const free = async () => (await Health.get(table, tenant, body.id)).nextFree
  await takeSlots(table, tenant, body.id, 10, 100_000)
  const before = await free()
  await api.call(`PATCH ${path}/${body.id}`, { body: { rateLimit: 0.01, description: "x" } })
  assert.equal(await free(), before)
  await api.call(`PATCH ${path}/${body.id}`, { body: { rateLimit: 50 } })
  assert.equal(await free(), undefined)
})

test("what an endpoint may not be is refused, each wrong field by its name", async () => {
  const long = "x".repeat(201)
  const refused: [object, string][] = [
    [{ url: 1 }, "/url"],
    [{ eventTypes: ["campaign.updated", "no.such"] }, "/eventTypes/1"],
    [{ eventTypes: ["campaign*"] }, "/eventTypes/0"],
    [{ eventTypes: [] }, "/eventTypes"],
    [{ sources: ["src_06fzk3vq8r2m5x0c9d7g4h1jtw"] }, "/sources/0"],
    [{ filter: { "data..x": [1] } }, "/filter/data..x"],
    [{ filter: { "data.x": [] } }, "/filter/data.x"],
    [{ filter: { "data.x": [{}] } }, "/filter/data.x/0"],
    [{ filter: { "": [1] } }, "/filter/"],
    [{ filter: { "data.": [1] } }, "/filter/data."],
    [{ filter: { ".data": [1] } }, "/filter/.data"],
    [{ filter: { [long]: [1] } }, `/filter/${long}`],
    [{ filter: { a: Array(101).fill(1) } }, "/filter/a"],
    [
      { filter: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`p${i}`, [1]])) },
      "/filter",
    ],
    [{ filter: [] }, "/filter"],
    [{ filter: { "dat.status": [1] } }, "/filter/dat.status"],
    [{ filter: { data: ["x"] } }, "/filter/data"],
    [{ filter: { "data.variables": ["x"] } }, "/filter/data.variables"],
    [{ filter: { "data.variables.a.b": ["x"] } }, "/filter/data.variables.a.b"],
    [{ filter: { "data.status.name": ["x"] } }, "/filter/data.status.name"],
    [{ filter: { "type.name": ["x"] } }, "/filter/type.name"],
    [{ filter: { "data.form": ["x"] }, eventTypes: ["source.gap"] }, "/filter/data.form"],
    [{ filter: { a: Array(20).fill("x".repeat(1000)) } }, "/filter"],
    [{ eventTypes: [`ami.${"x".repeat(100)}`] }, "/eventTypes/0"],
    [{ headers: { Host: "x" } }, "/headers/Host"],
    [{ headers: { "a b": "x" } }, "/headers/a b"],
    [{ headers: { a: "x\ny" } }, "/headers/a"],
    [{ headers: { constructor: "x" } }, "/headers/constructor"],
    [{ rateLimit: 0 }, "/rateLimit"],
    [{ metadata: { a: 1 } }, "/metadata/a"],
    [{ metadata: ["a"] }, "/metadata"],
    [{ description: "\ud800" }, "/description"],
    [{ signing: "rsa" }, "/signing"],
    [{ secret: "whsec_short" }, "/secret"],
    [{ secret: `whsec_${Buffer.alloc(32).toString("base64")}`, signing: "ed25519" }, "/secret"],
    [{ disabled: "no" }, "/disabled"],
    [{ Url: "x" }, "/Url"],
  ]
  for (const [settings, at] of refused) {
    const { status, body, text } = await make(settings)
    assert.equal(status, 400, `${JSON.stringify(settings)} ${text}`)
    assert.equal(body.code, "request.invalid", text)
    assert.deepEqual(
      body.errors.map((error: { path: string }) => error.path),
      [at],
      text,
    )
  }
  for (const url of [
    "no url",
    "ftp://example.com/",
    "https://user:secret@example.com/",
    "http://example.com/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/",
    "https://[::ffff:10.0.0.1]/",
    "https://2130706433.example.com:99999/",
  ]) {
    const { status, body, text } = await make({ url })
    assert.deepEqual([status, body.code], [400, "endpoint.url_refused"], `${url} ${text}`)
    const patched = await api.call(`PATCH ${path}/${world.ids["endpointId"]}`, { body: { url } })
    assert.equal(patched.body.code, "endpoint.url_refused")
  }
  assert.equal((await make({ url: "https://does-not-resolve.invalid/" })).status, 201)
})

test("a secret is shown, and rotated with an overlap in which both sign", async () => {
  const own = `whsec_${Buffer.alloc(24, 7).toString("base64")}`
  const { body: endpoint } = await make({ secret: own })
  assert.equal(endpoint.secret, own)
  const at = `${path}/${endpoint.id}/secret`
  assert.deepEqual((await api.call(`GET ${at}`)).body, { secret: own, previous: [] })
  const rotated = await api.call(`POST ${at}/rotate`, { body: { overlapSeconds: 3600 } })
  assert.notEqual(rotated.body.secret, own)
  const { body: now } = await api.call(`GET ${at}`)
  assert.deepEqual(now, {
    secret: rotated.body.secret,
    previous: [{ expiresAt: rotated.body.previousExpiresAt }],
  })
  const tested = await api.call(`POST ${path}/${endpoint.id}/test`)
  assert.equal(tested.body.delivered, true)
  const sent = receiver.arrived.at(-1)!
  for (const secret of [own, now.secret]) new Webhook(secret).verify(sent.body, sent.headers)

  await api.call(`POST ${at}/rotate`, { body: { overlapSeconds: 0, secret: own } })
  const { body: last } = await api.call(`GET ${at}`)
  assert.deepEqual(last, { secret: own, previous: [] })
  for (const overlapSeconds of [-1, 604_801, 1.5, null]) {
    const answer = await api.call(`POST ${at}/rotate`, { body: { overlapSeconds } })
    assert.equal(answer.status, 400)
  }
  for (let count = 1; count < 10; count++) await api.call(`POST ${at}/rotate`)
  const full = await api.call(`POST ${at}/rotate`)
  assert.deepEqual([full.status, full.body.code], [409, "conflict.secrets"])
})

test("a test sends now what it would be, and says what came of it", async () => {
  const { body: endpoint } = await make({ headers: { "X-Team": "renewals" } })
  for (const eventType of ["dialing.deleted", "endpoint.disabled", "source.gap", undefined]) {
    const { status, body } = await api.call(`POST ${path}/${endpoint.id}/test`, {
      body: eventType ? { eventType } : {},
    })
    assert.equal(status, 200)
    assert.deepEqual([body.delivered, body.statusCode, body.error], [true, 204, null])
    const sent = receiver.arrived.at(-1)!
    new Webhook(endpoint.secret).verify(sent.body, sent.headers)
    assert.equal(sent.webhook.type, eventType ?? "campaign.updated")
    assert.equal(sent.webhook.tenant, world.ids["tenantId"])
    assert.equal(sent.headers["x-team"], "renewals")
  }
  for (const [eventTypes, type] of [
    [["plan.*", "dialing.deleted"], "plan.created"],
    [["dialing.deleted", "*"], "campaign.updated"],
    [["ami.Hangup"], "campaign.updated"],
  ] as const) {
    const { body: narrow } = await make({ eventTypes })
    await api.call(`POST ${path}/${narrow.id}/test`, { body: {} })
    assert.equal(receiver.arrived.at(-1)!.webhook.type, type)
  }
  receiver.behave((_, response) => answer(response, 500, {}, "broken"))
  const failed = await api.call(`POST ${path}/${endpoint.id}/test`, { body: {} })
  receiver.behave(ok)
  assert.deepEqual(
    [failed.status, failed.body.delivered, failed.body.statusCode, failed.body.responseBody],
    [200, false, 500, "broken"],
  )
  const unknown = await api.call(`POST ${path}/${endpoint.id}/test`, { body: { eventType: "x" } })
  assert.equal(unknown.body.errors[0].path, "/eventType")
})

test("who was slower to change an endpoint is told by If-Match, and nobody's change is lost", async () => {
  const { body: endpoint } = await make()
  const at = `${path}/${endpoint.id}`
  const { headers } = await api.call(`GET ${at}`)
  const ifMatch = { "if-match": headers.get("etag")! }
  const twins = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      api.call(`PATCH ${at}`, { headers: ifMatch, body: { description: String(index) } }),
    ),
  )
  assert.deepEqual(
    twins.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, ...Array(9).fill(412)],
  )
  for (const tag of ['"1"', 'W/"2"', "nonsense", '"99"']) {
    const late = await api.call(`PATCH ${at}`, { headers: { "if-match": tag }, body: {} })
    assert.deepEqual([late.status, late.body.code], [412, "precondition.failed"], tag)
  }
  for (const tag of ["*", '"7", "3"']) {
    const good = await api.call(`PATCH ${at}`, { headers: { "if-match": tag }, body: {} })
    assert.equal(good.status, 200, tag)
  }
  // Without If-Match, changes of different fields all hold.
  const [a, b] = [{ rateLimit: 7 }, { metadata: { a: "b" } }]
  await Promise.all([a, b].map((body) => api.call(`PATCH ${at}`, { body })))
  const { body: last } = await api.call(`GET ${at}`)
  assert.deepEqual([last.rateLimit, last.metadata], [7, { a: "b" }])
})

test("why an endpoint is disabled is not forgotten when it is disabled again", async () => {
  const { body: endpoint } = await make()
  const at = `${path}/${endpoint.id}`
  await Endpoint.disable(
    api.deps.table,
    { ...endpoint, tenant: world.ids["tenantId"]! },
    "gone",
    Date.now(),
  )
  const patch = async (body: object) => {
    const { disabled, disabledReason } = (await api.call(`PATCH ${at}`, { body })).body
    return [disabled, disabledReason]
  }
  assert.deepEqual(await patch({ disabled: true, description: "x" }), [true, "gone"])
  assert.deepEqual(await patch({ disabled: false }), [false, null])
  assert.deepEqual(await patch({ disabled: true }), [true, "manual"])
})

test("secrets and headers of receivers do not lie in the table as they are", async () => {
  const { body: endpoint } = await make({ headers: { Authorization: "Bearer tell-nobody" } })
  const { ScanCommand } = await import("@aws-sdk/client-dynamodb")
  const { dynamodb, tableName } = api.stack
  const { Items } = await dynamodb.send(new ScanCommand({ TableName: tableName }))
  const all = JSON.stringify(Items)
  for (const secret of ["tell-nobody", endpoint.secret.slice(6), world.key.slice(-43)]) {
    assert.ok(!all.includes(secret))
  }
  assert.ok(!JSON.stringify(api.logged).includes("tell-nobody"))
})

test("a filter on what no event of the endpoint can have is refused with the nearest names", async () => {
  const messageFor = async (settings: object) => (await make(settings)).body.errors[0].message
  const filter = (name: string) => ({ filter: { [name]: [1] } })
  assert.match(await messageFor(filter("dta.status")), /nearest: data\.status/)
  assert.match(await messageFor(filter("data")), /is an object.* data\.NAME/)
  const gap = { eventTypes: ["source.gap", "endpoint.disabled"] }
  assert.match(await messageFor({ ...filter("data.form"), ...gap }), /nearest: data\.from/)
})

test("a filter on a header that the catalog does not know is taken, with a warning", async () => {
  const filter = { "data.statsu": [1] }
  const made = await make({ filter, eventTypes: ["campaign.*"] })
  assert.equal(made.status, 201, made.text)
  const [warning, ...rest] = made.body.warnings
  assert.deepEqual(rest, [])
  assert.equal(warning.path, "/filter/data.statsu")
  assert.match(warning.message, /nearest: data\.status/)
  const at = `${path}/${made.body.id}`
  assert.equal((await api.call(`GET ${at}`)).body.warnings, undefined)
  const patched = await api.call(`PATCH ${at}`, { body: { filter: { "data.satus": [1] } } })
  assert.equal(patched.body.warnings.length, 1)
  assert.equal(
    (await api.call(`PATCH ${at}`, { body: { description: "x" } })).body.warnings,
    undefined,
  )
  // Other event types than before may make a filter impossible: that is said, and not refused.
  const narrowed = await api.call(`PATCH ${at}`, { body: { eventTypes: ["source.gap"] } })
  assert.equal(narrowed.status, 200)
  assert.equal(narrowed.body.warnings.length, 1)
})

test("a filter on variables, and on any header of ami events that were asked for, is nothing odd", async () => {
  for (const settings of [
    { filter: { "data.variables.anything at all": ["x"] } },
    { filter: { "data.statusName": ["stop"], type: ["campaign.updated"], synthetic: [true] } },
    { filter: { "data.channelStateDesc": ["Up"] }, eventTypes: ["ami.newchannel"] },
    { filter: { "data.inferred.campaign": [1] }, eventTypes: ["source.gap"] },
    { filter: { anything: [1] }, eventTypes: ["endpoint.disabled"] },
  ]) {
    const { status, body, text } = await make(settings)
    assert.equal(status, 201, text)
    assert.equal(body.warnings, undefined, text)
  }
})

test("a number that JSON cannot write is refused, as the text of the request has it", async () => {
  for (const number of ["1e400", "-1e400"]) {
    const body = `{"url":${JSON.stringify(receiver.url)},"filter":{"data.status":[${number}]}}`
    const refused = await api.call(`POST ${path}`, { key: world.key, text: body })
    assert.equal(refused.status, 400, refused.text)
    assert.equal(refused.body.errors[0].path, "/filter/data.status/0")
  }
})
