import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, beforeEach, test } from "node:test"
import { formatJob } from "@ringback/functions/messages/job"
import { sendOne } from "@ringback/functions/messages/send"
import { acknowledge } from "@ringback/functions/pull/acknowledge"
import * as Endpoint from "@ringback/store/endpoint"
import { deleteItem } from "@ringback/store/item"
import { eventKey } from "@ringback/store/item-keys"
import { parseEventId } from "@ringback/events/ids"
import { startApi, type TestApi } from "../api/api.ts"
import { letReadsMiss } from "../harness/lagging.ts"
import { answer, ok } from "../harness/receiver.ts"
import { makeClients } from "../harness/stack.ts"
import { makeDeps, pump, type Deps } from "../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"

// Jobs that are begun by a change, read by a worker from a copy of the table that lacks it.

let world: World
let api: TestApi
let late: Deps
let clients: ReturnType<typeof makeClients>
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
  clients = makeClients(world.stack)
  letReadsMiss(clients.dynamodb)
  late = makeDeps(world.stack, { now: world.now, random: () => 0.5, clients })
})
after(async () => {
  clients.close()
  await world.close()
})
beforeEach(() => world.begin())

const call = async (route: string, body: object) => {
  const [method, rest] = route.split(" ")
  const answered = await api.call(`${method} /v1/tenants/${world.customer.tenant}${rest}`, { body })
  assert.ok(answered.status < 300, answered.text)
}
const statuses = async (endpointId: string) =>
  (await world.deliveries({ endpointId })).map(({ status }) => status)

test("what an endpoint missed while it was disabled is recovered", async () => {
  const { id, arrived } = await world.addEndpoint({ disabled: true })
  await world.say()
  await world.pump()
  assert.deepEqual(await statuses(id), ["held"])
  await call(`PATCH /endpoints/${id}`, { disabled: false })
  await call(`POST /endpoints/${id}/recover`, { since: "2026-11-01T00:00:00Z" })
  await pump(world.stack, late, "Jobs")
  world.advance(11_000)
  await world.run()
  assert.equal(arrived().length, 1)
})

test("what waits for an endpoint that was disabled is held", async () => {
  const { id } = await world.addEndpoint()
  world.receiver.behave((_, response) => answer(response, 500))
  await world.say()
  await world.pump()
  assert.deepEqual(await statuses(id), ["pending"])
  await call(`PATCH /endpoints/${id}`, { disabled: true })
  await pump(world.stack, late, "Jobs")
  assert.deepEqual(await statuses(id), ["held"])
  world.receiver.behave(ok)
})

test("what waits for a slot gets one of the new rate", async () => {
  const { id } = await world.addEndpoint({ rateLimit: 1 })
  for (let event = 0; event < 40; event++) await world.say()
  await world.pump()
  const last = async () =>
    Math.max(...(await world.deliveries({ endpointId: id })).map(({ nextAt = 0 }) => nextAt))
  const before = await last()
  await call(`PATCH /endpoints/${id}`, { rateLimit: 100 })
  await pump(world.stack, late, "Jobs")
  assert.ok((await last()) < before - 20_000)
})

test("the deliveries of a pull endpoint are still looked for", async () => {
  const { id } = await world.addEndpoint({ url: null, pull: true })
  await world.say()
  await world.pump()
  const { queues, sqs } = world.deps
  const job = { v: 1, kind: "expire", tenant: world.customer.tenant, endpointId: id } as const
  await sendOne(sqs, queues.jobsUrl, formatJob(job))
  await pump(world.stack, late, "Jobs")
  world.advance(30 * 24 * 3600_000)
  await world.release()
  assert.deepEqual(await statuses(id), ["failed"])
})

test("what a pull endpoint of order latest acknowledges supersedes older versions", async () => {
  const { id } = await world.addEndpoint({ url: null, pull: true, order: "latest" })
  const { tenant } = world.customer
  const at = `/v1/tenants/${tenant}/endpoints/${id}/messages`
  const fetch = async () => (await api.call(`POST ${at}`, { body: {} })).body.messages
  const [uuid, updatedAt] = [randomUUID(), Date.now()]
  await world.say(campaignUpdate(uuid, updatedAt))
  await world.pump()
  const [message] = await fetch()
  const endpoint = await Endpoint.get(world.deps.table, tenant, id)
  assert.equal(await acknowledge(late.table, endpoint!, message), true)
  await world.say(campaignUpdate(uuid, updatedAt - 1000))
  await world.pump()
  assert.deepEqual(await fetch(), [])
})

test("a delivery whose event is no longer stored has failed, and says so", async () => {
  const { id, arrived } = await world.addEndpoint()
  world.receiver.behave((_, response) => answer(response, 500))
  await world.say()
  await world.pump()
  const [pending] = await world.deliveries({ endpointId: id })
  const { timeNanos, hash } = parseEventId(pending!.eventId)!
  await deleteItem(world.deps.table, eventKey(world.customer.tenant, timeNanos, hash))
  world.receiver.behave(ok)
  world.receiver.arrived.length = 0
  await world.run()
  assert.equal(arrived().length, 0)
  const [failed] = await world.deliveries({ endpointId: id })
  assert.deepEqual([failed!.status, failed!.reason], ["failed", "the event has expired"])
})
