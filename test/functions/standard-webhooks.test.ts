import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { Webhook as Verifier } from "standardwebhooks"
import { replay, retryNow } from "@ringback/functions/dispatch/redeliver"
import { recoverPage } from "@ringback/functions/jobs/recover"
import * as Endpoint from "@ringback/store/endpoint"
import { makeSecret } from "@ringback/webhooks/secret"
import { listEvents } from "@ringback/store/event-list"
import { createJob } from "@ringback/store/job"
import { answer, ok } from "../harness/receiver.ts"
import { startWorld, type World } from "../harness/world.ts"

// Those items of the Standard Webhooks checklist that take the whole flow; the others are in test/webhooks.

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const tenant = () => world.customer.tenant
const table = () => world.deps.table
const statusOf = async (endpointId: string) =>
  (await world.deliveries({ endpointId })).map(({ status }) => status)

test("7. each endpoint has a secret of its own: another's does not verify", async () => {
  const [one, two] = [await world.addEndpoint(), await world.addEndpoint()]
  await world.say()
  await world.pump()
  assert.notEqual(one.secret, two.secret)
  for (const [mine, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const { body, headers } = world.receiver.arrived.find(({ path }) => path === mine.path)!
    new Verifier(mine.secret).verify(body, headers)
    assert.throws(() => new Verifier(other.secret).verify(body, headers))
  }
})

test("6. a secret that another has replaced signs until its overlap ends, and then no more", async () => {
  const { id, secret: older } = await world.addEndpoint()
  const newer = makeSecret("hmac")
  const endpoint = (await Endpoint.get(table(), tenant(), id, { consistent: true }))!
  assert.ok(await Endpoint.rotateSecret(table(), endpoint, newer, 60_000))
  world.advance(11_000)
  const signs = async () => {
    world.receiver.arrived.length = 0
    await world.say()
    await world.pump()
    const { body, headers } = world.receiver.arrived[0]!
    assert.ok(new Verifier(newer).verify(body, headers))
    return headers["webhook-signature"]!.split(" ").length
  }
  assert.equal(await signs(), 2)
  const { body, headers } = world.receiver.arrived[0]!
  assert.ok(new Verifier(older).verify(body, headers))
  world.advance(49_000)
  assert.equal(await signs(), 1)
  const later = world.receiver.arrived[0]!
  assert.throws(() => new Verifier(older).verify(later.body, later.headers))
})

test("8. the id is the same at every attempt, replay and endpoint", async () => {
  const [one] = [await world.addEndpoint(), await world.addEndpoint()]
  let failures = 2
  world.receiver.behave((_, response) => answer(response, failures-- > 0 ? 500 : 204))
  await world.say()
  await world.run()
  const [event] = (await listEvents(table(), tenant(), { limit: 1 })).items
  await replay(world.deps, tenant(), event!, [one.id])
  await world.pump()
  const ids = world.receiver.arrived.map(({ headers }) => headers["webhook-id"])
  assert.equal(ids.length, 5)
  assert.equal(new Set(ids).size, 1)
})

test("10. the payload has type, timestamp and data, and is under 20 KB for an ordinary event", async () => {
  await world.addEndpoint()
  await world.say()
  await world.pump()
  const { body, webhook } = world.receiver.arrived[0]!
  assert.match(webhook.type, /^[a-z_]+(\.[a-z_]+)+$/)
  assert.ok(!Number.isNaN(Date.parse(webhook.timestamp)))
  assert.equal(typeof webhook.data, "object")
  assert.ok(body.length < 20_000)
})

test("13. and 16. 410 disables the endpoint, and another endpoint is told", async () => {
  const gone = await world.addEndpoint({ eventTypes: ["campaign.*"] })
  const other = await world.addEndpoint({ eventTypes: ["endpoint.disabled"] })
  world.receiver.behave((arrived, response) =>
    arrived.path === gone.path ? answer(response, 410) : ok(arrived, response),
  )
  await world.say()
  await world.pump()
  assert.equal((await Endpoint.get(table(), tenant(), gone.id))!.disabledReason, "gone")
  assert.deepEqual(
    other.arrived().map(({ data }) => data["endpointId"]),
    [gone.id],
  )
})

test("14. an endpoint that answers 429, 502 or 504 gets less: rate.test.ts has each of them", async () => {
  const { id, arrived } = await world.addEndpoint()
  world.receiver.behave((_, response) => answer(response, 429, { "retry-after": "30" }))
  await world.say()
  await world.pump()
  world.receiver.behave(ok)
  await world.say()
  await world.pump()
  assert.equal(arrived().length, 1)
  await world.run()
  assert.deepEqual(await statusOf(id), ["delivered", "delivered"])
})

test("20. what failed can be retried by hand, one event replayed, and a range recovered", async () => {
  const { id, arrived } = await world.addEndpoint()
  world.receiver.behave((_, response) => answer(response, 500))
  for (let count = 0; count < 2; count++) await world.say()
  await world.run()
  assert.deepEqual(await statusOf(id), ["failed", "failed"])
  world.receiver.behave(ok)
  const [failed] = await world.deliveries({ endpointId: id })
  await retryNow(world.deps, failed!)
  await world.run()
  assert.deepEqual((await statusOf(id)).sort(), ["delivered", "failed"])

  const since = world.now() - 4 * 24 * 3600_000
  const statuses = ["failed" as const]
  const range = { tenant: tenant(), endpointId: id, since, until: world.now(), statuses }
  const job = await createJob(table(), range)
  await recoverPage(table(), { v: 1, kind: "recover", tenant: tenant(), jobId: job.id })
  await world.run()
  assert.deepEqual(await statusOf(id), ["delivered", "delivered"])

  const [event] = (await listEvents(table(), tenant(), { limit: 1 })).items
  await replay(world.deps, tenant(), event!, [id])
  await world.pump()
  assert.deepEqual(await statusOf(id), ["delivered", "delivered", "delivered"])
  assert.equal(arrived().length, 23)
})
