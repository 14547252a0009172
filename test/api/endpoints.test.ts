import assert from "node:assert/strict"
import { test } from "node:test"
import { Webhook } from "standardwebhooks"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { takeSlots } from "@ringback/store/rate-slots"
import { answer, ok } from "../harness/receiver.ts"
import { api, receiver, world, path, make } from "./endpoint-set-up.ts"

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
