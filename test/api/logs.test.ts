import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Webhook } from "standardwebhooks"
import { answer, ok, startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeDeps, pumpAll } from "../harness/system.ts"
import { startApi, type Answered, type TestApi } from "./api.ts"
import { makeWorld, type World } from "./world.ts"

let api: TestApi
let receiver: TestReceiver
let world: World
let path: string

before(async () => {
  api = await startApi()
  receiver = await startReceiver()
  world = await makeWorld(api, receiver.url)
  path = world.path
})
after(async () => {
  await receiver.close()
  await api.close()
})

const call = (route: string, body?: object) => api.call(route, { key: world.key, body })
const idsOf = ({ body }: Answered): string[] => body.data.map(({ id }: { id: string }) => id)

// Workers of their own each time: what they cached of the endpoints is at most 10 s old, and here nobody waits.
const work = () => pumpAll(api.stack, makeDeps(api.stack))

/** Sends an example through the whole pipeline; its event's id. */
async function happen(eventType: string): Promise<string> {
  const source = `${path}/sources/${world.ids["sourceId"]}`
  const { body } = await call(`POST ${source}/test`, { eventType })
  await work()
  return body.eventId
}

test("the source's test goes through the whole pipeline to a webhook that verifies", async () => {
  const { secret } = (await call(`GET ${path}/endpoints/${world.ids["endpointId"]}/secret`)).body
  for (const type of ["campaign.created", "dialing.deleted", "dllist.updated", "queue.deleted"]) {
    const eventId = await happen(type)
    const sent = receiver.arrived.at(-1)!
    assert.deepEqual([sent.webhook.id, sent.webhook.type], [eventId, type])
    new Webhook(secret).verify(sent.body, sent.headers)
  }
  const source = `${path}/sources/${world.ids["sourceId"]}`
  for (const eventType of ["endpoint.disabled", "no.such", ""]) {
    assert.equal((await call(`POST ${source}/test`, { eventType })).status, 400)
  }
})

test("an event is shown as its webhook was, with its headers and deliveries", async () => {
  const eventId = await happen("campaign.updated")
  const { body: event } = await call(`GET ${path}/events/${eventId}`)
  const { headers, deliveries, createdAt, ...webhook } = event
  assert.deepEqual(webhook, receiver.arrived.at(-1)!.webhook)
  assert.deepEqual(headers[0], ["Event", "OutCampaignUpdate"])
  assert.ok(Date.parse(createdAt) > 0)
  assert.equal(deliveries.length, 1)
  assert.deepEqual([deliveries[0].eventId, deliveries[0].status], [eventId, "delivered"])
  const { body: delivery } = await call(`GET ${path}/deliveries/${deliveries[0].id}`)
  const { attempts, reason, ...summary } = delivery
  assert.deepEqual(summary, deliveries[0])
  assert.equal(reason, null)
  assert.equal(attempts.length, 1)
  assert.deepEqual([attempts[0].statusCode, attempts[0].error], [204, null])
})

test("events are found by type, source, uuid and time, each bound excluded", async () => {
  const eventId = await happen("plan.updated")
  const { body: event } = await call(`GET ${path}/events/${eventId}`)
  const find = async (query: Record<string, string>) =>
    idsOf(await call(`GET ${path}/events?${new URLSearchParams(query)}`))
  const { uuid } = event.data
  const { timestamp, source } = event
  assert.deepEqual(await find({ uuid }), [eventId])
  assert.ok((await find({ type: "plan.updated", source })).includes(eventId))
  assert.deepEqual(await find({ uuid, type: "plan.deleted" }), [])
  assert.deepEqual(await find({ source: "src_06fzk3vq8r2m5x0c9d7g4h1jtw" }), [])
  assert.ok(!(await find({ after: timestamp })).includes(eventId))
  assert.ok(!(await find({ before: timestamp })).includes(eventId))
  const at = BigInt(timestamp.match(/\.(\d{9})Z/)[1])
  const around = (nanos: bigint) =>
    timestamp.replace(/\.\d{9}/, `.${nanos.toString().padStart(9, "0")}`)
  if (at > 0n) assert.ok((await find({ after: around(at - 1n) })).includes(eventId))
  if (at < 999_999_999n) assert.ok((await find({ before: around(at + 1n) })).includes(eventId))
  assert.deepEqual(await find({ after: timestamp, before: timestamp }), [])
  assert.deepEqual(await find({ after: "2030-01-01T00:00:00Z" }), [])
  assert.deepEqual(await find({ before: "0001-01-01T00:00:00Z" }), [])
  assert.deepEqual(await find({ after: "9999-12-31T23:59:59.999999999Z" }), [])
  for (const wrong of [{ after: "yesterday" }, { uuid: "" }, { source: "x" }, { type: "" }]) {
    assert.equal((await call(`GET ${path}/events?${new URLSearchParams(wrong)}`)).status, 400)
  }
})

test("deliveries are found by endpoint, status, event type and time", async () => {
  const { body: endpoint } = await call(`POST ${path}/endpoints`, {
    url: `${receiver.url}second`,
    eventTypes: ["dlma.*"],
  })
  receiver.behave(({ path }, response) => answer(response, path === "/second" ? 500 : 204))
  const eventId = await happen("dlma.created")
  receiver.behave(ok)
  const find = async (query: string) => (await call(`GET ${path}/deliveries?${query}`)).body.data
  const [pending, ...others] = await find(`endpointId=${endpoint.id}`)
  assert.equal(others.length, 0)
  assert.deepEqual(
    [pending.eventId, pending.status, pending.attemptCount, pending.eventType],
    [eventId, "pending", 1, "dlma.created"],
  )
  assert.ok(Date.parse(pending.nextAttemptAt) > Date.now())
  assert.deepEqual(await find("status=pending"), [pending])
  assert.deepEqual(await find("status=pending&status=held"), [pending])
  assert.deepEqual(await find("status=failed"), [])
  const delivered = await find("status=delivered&eventType=dlma.created")
  assert.equal(delivered.length, 1)
  assert.equal((await find("status=delivered&status=pending&eventType=dlma.created")).length, 2)
  const at = new URLSearchParams({ after: pending.createdAt, eventType: "dlma.created" })
  assert.deepEqual(await find(String(at)), [])
  const before = new URLSearchParams({ before: pending.createdAt, eventType: "dlma.created" })
  assert.deepEqual(await find(String(before)), [])
  assert.equal((await call(`GET ${path}/deliveries?status=gone`)).status, 400)

  const retried = await call(`POST ${path}/deliveries/${pending.id}/retry`)
  assert.equal(retried.status, 202)
  await work()
  const { body: done } = await call(`GET ${path}/deliveries/${pending.id}`)
  assert.deepEqual([done.status, done.attempts.length, done.nextAttemptAt], ["delivered", 2, null])
  assert.equal(done.attempts[0].statusCode, 500)

  await call(`DELETE ${path}/endpoints/${endpoint.id}`)
  const late = await call(`POST ${path}/deliveries/${pending.id}/retry`)
  assert.deepEqual([late.status, late.body.code], [409, "conflict.state"])
})

test("an event is replayed under its id, to one endpoint or to all that want it", async () => {
  const eventId = await happen("destination.updated")
  const count = receiver.arrived.length
  const { status, body } = await call(`POST ${path}/events/${eventId}/replay`)
  assert.deepEqual([status, body.count], [202, 1])
  const one = { endpointId: world.ids["endpointId"] }
  assert.equal((await call(`POST ${path}/events/${eventId}/replay`, one)).status, 202)
  await work()
  const again = receiver.arrived.slice(count).map(({ webhook }) => webhook.id)
  assert.deepEqual(again, [eventId, eventId])
  const { body: event } = await call(`GET ${path}/events/${eventId}`)
  assert.equal(event.deliveries.length, 3)
  assert.ok(idsOf({ body: { data: event.deliveries } } as Answered).includes(body.deliveryIds[0]))
  const none = { endpointId: "ep_06fzk3vq8r2m5x0c9d7g4h1jtw" }
  assert.equal((await call(`POST ${path}/events/${eventId}/replay`, none)).status, 404)
})

test("what was held while an endpoint was disabled is recovered", async () => {
  const since = new Date(Date.now() - 1000).toISOString()
  const { body: endpoint } = await call(`POST ${path}/endpoints`, {
    url: `${receiver.url}held`,
    eventTypes: ["queue.updated"],
    disabled: true,
  })
  assert.equal(endpoint.disabledReason, "manual")
  const at = `${path}/endpoints/${endpoint.id}`
  const eventId = await happen("queue.updated")
  const held = await call(`GET ${path}/deliveries?status=held`)
  assert.equal(held.body.data[0].eventId, eventId)
  const dryRun = await call(`POST ${at}/recover`, { since, dryRun: true })
  assert.deepEqual([dryRun.status, dryRun.body], [200, { count: 1, isLowerBound: false }])
  const none = await call(`POST ${at}/recover`, { since, until: since, dryRun: true })
  assert.deepEqual(none.body, { count: 0, isLowerBound: false })
  const tooSoon = await call(`POST ${at}/recover`, { since })
  assert.deepEqual([tooSoon.status, tooSoon.body.code], [409, "conflict.state"])
  const enabled = await call(`PATCH ${at}`, { disabled: false })
  assert.deepEqual([enabled.body.disabled, enabled.body.disabledReason], [false, null])
  const started = await call(`POST ${at}/recover`, { since })
  assert.deepEqual([started.status, started.body.count], [202, 1])
  assert.match(started.body.jobId, /^job_/)
  await work()
  const { body: log } = await call(`GET ${path}/deliveries?endpointId=${endpoint.id}`)
  assert.equal(log.data[0].status, "pending")
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
  for (const until of [undefined, new Date(Date.now() + 2 * 86_400_000).toISOString()])
    assert.equal((await call(`POST ${at}/recover`, { since: tomorrow, until })).status, 400)
})

test("an endpoint's stats tell counts by outcome and how long it took to answer", async () => {
  const at = `${path}/endpoints/${world.ids["endpointId"]}/stats`
  await happen("campaign.updated")
  const { body } = await call(`GET ${at}`)
  for (const window of [body.lastHour, body.lastDay, body.lastWeek]) {
    assert.ok(window.counts.delivered >= 1)
    assert.equal(window.isEstimate, false)
    assert.ok(window.latencyMs.p50 <= window.latencyMs.p95)
  }
  assert.equal(body.failingSince, null)
})

test("a deleted source says nothing more", async () => {
  const { body: source } = await call(`POST ${path}/sources`, { name: "old" })
  const at = `${path}/sources/${source.id}`
  assert.equal((await call(`DELETE ${at}`)).status, 204)
  for (const route of [`GET ${at}`, `POST ${at}/test`, `POST ${at}/rotate`, `DELETE ${at}`]) {
    assert.equal((await call(route)).status, 404, route)
  }
})

test("a rotated token is new, and the old one verifies meanwhile", async () => {
  const { body: source } = await call(`POST ${path}/sources`, { name: "new" })
  const at = `${path}/sources/${source.id}`
  const rotated = await call(`POST ${at}/rotate`, { overlapSeconds: 0 })
  assert.match(rotated.body.token, /^rbs_/)
  assert.notEqual(rotated.body.token, source.token)
  assert.equal(rotated.body.id, source.id)
  const shown = await call(`GET ${at}`)
  assert.ok(!("token" in shown.body))
  assert.equal((await call(`POST ${at}/rotate`, { overlapSeconds: -1 })).status, 400)
})
