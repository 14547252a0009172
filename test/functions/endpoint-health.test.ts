import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { disableEndpoint, disableFailing } from "@ringback/functions/endpoint/disable"
import pMap from "p-map"
import * as Delivery from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Health from "@ringback/store/health"
import { deliveryRef } from "@ringback/store/item-keys"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { answer, ok } from "../harness/receiver.ts"
import { makeDeps } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

const endpointOf = async (id: string) =>
  (await Endpoint.get(world.deps.table, world.customer.tenant, id, { consistent: true }))!
const healthOf = (id: string) =>
  Health.get(world.deps.table, world.customer.tenant, id, { consistent: true })
const statuses = async (endpointId: string) =>
  (await world.deliveries({ endpointId })).map(({ status }) => status)

/** A log as if so many had been delivered, a hundred at a time. */
async function logDeliveries(
  tenant: string,
  endpointId: string,
  count: number,
  timesOf: (index: number) => { createdAt: number; attemptedAt: number },
) {
  const { table } = world.deps
  await pMap(
    Array.from({ length: count }),
    async (_, index) => {
      const { createdAt, attemptedAt } = timesOf(index)
      const eventId = `evt_${index}`
      const ref = deliveryRef(eventId, endpointId, createdAt)
      const facts = { tenant, ref, endpointId, eventId, eventType: "campaign.updated" }
      const answered = { statusCode: 204, durationMs: 1, error: null, responseBody: null }
      const attempt = { id: `att_${index}`, at: attemptedAt, ...answered }
      await Delivery.advance(table, facts, 0, { status: "delivered", attempt })
    },
    { concurrency: 100 },
  )
}

describe("an endpoint that says 410", () => {
  test("is disabled, its deliveries are held, the tenant's other endpoint is told", async () => {
    const gone = await world.addEndpoint({ eventTypes: ["campaign.*"] })
    const other = await world.addEndpoint({ eventTypes: ["endpoint.disabled"] })
    world.receiver.behave(({ webhook }, response) =>
      answer(response, webhook.type === "campaign.updated" ? 410 : 204),
    )
    await world.say()
    await world.pump()
    const { disabled, disabledReason } = await endpointOf(gone.id)
    assert.deepEqual([disabled, disabledReason], [true, "gone"])
    assert.deepEqual(await statuses(gone.id), ["held"])
    const { data } = other.arrived()[0]!
    assert.deepEqual([data["endpointId"], data["reason"]], [gone.id, "gone"])

    // What comes later is held as well, without a POST.
    world.advance(11 * SECOND)
    await world.say()
    await world.pump()
    assert.deepEqual(await statuses(gone.id), ["held", "held"])
    assert.equal(gone.arrived().length, 1)
  })
})

describe("an endpoint at which all fails", () => {
  test("rests after ten failures over two minutes: then one probe a minute, until one succeeds", async () => {
    const { id, arrived } = await world.addEndpoint()
    world.receiver.behave((_, response) => answer(response, 500))
    for (let count = 0; count < 12; count++) {
      await world.say()
      await world.pump()
      world.advance(15 * SECOND)
    }
    assert.equal((await healthOf(id)).state, "resting")
    const before = arrived().length
    for (let count = 0; count < 20; count++) await world.say()
    await world.pump()
    assert.equal(arrived().length, before, "nothing is sent to who rests")
    const waiting = (await world.deliveries({ endpointId: id })).slice(0, 20)
    assert.ok(
      waiting.every(({ status, attemptCount }) => status === "pending" && attemptCount === 0),
    )

    for (let minute = 1; minute <= 3; minute++) {
      world.advance(MINUTE)
      await world.release()
      assert.equal(arrived().length, before + minute, "one probe a minute")
    }
    world.receiver.behave(ok)
    await world.run(world.now() + DAY)
    assert.ok((await statuses(id)).every((status) => status === "delivered"))
    assert.equal((await healthOf(id)).state, undefined)
    assert.equal((await healthOf(id)).failingSince, undefined)
    assert.equal(new Set(arrived().map((webhook) => webhook.id)).size, 32)
  })

  test("is disabled after five days of nothing but failures, and what waits for it is held", async () => {
    const failing = await world.addEndpoint({ eventTypes: ["campaign.*"] })
    const other = await world.addEndpoint({ eventTypes: ["endpoint.*"] })
    world.receiver.behave(({ webhook }, response) =>
      answer(response, webhook.type === "campaign.updated" ? 500 : 204),
    )
    const startedAt = world.now()
    await world.say()
    await world.run(startedAt + 4 * DAY)
    assert.equal((await endpointOf(failing.id)).disabled, false)
    world.advance(startedAt + 5.1 * DAY - world.now())
    await world.say()
    await world.pump()
    await world.run(startedAt + 6 * DAY)
    assert.equal((await endpointOf(failing.id)).disabledReason, "failing")
    assert.deepEqual(
      other.arrived().map(({ type, data }) => [type, data["reason"], data["url"]]),
      // Its origin alone: others keep their secret in the path.
      [["endpoint.disabled", "failing", new URL(world.receiver.url).origin]],
    )
    assert.deepEqual(await statuses(failing.id), ["held", "failed"])
  })

  test("of a connector the notice has no URL", async () => {
    const failing = await world.addEndpoint({ disabled: false })
    const other = await world.addEndpoint({ eventTypes: ["endpoint.disabled"] })
    const { table } = world.deps
    const endpoint = await Endpoint.get(table, world.customer.tenant, failing.id)
    const connector = { ...endpoint!, connector: { kind: "hubspot" as const } }
    assert.equal(await disableEndpoint(world.deps, connector, "failing", world.now()), true)
    await world.pump()
    assert.deepEqual(
      other.arrived().map(({ data }) => data["url"]),
      [null],
    )
  })

  test("is not disabled where one delivery since then has arrived, though nobody noted it", async () => {
    const { id } = await world.addEndpoint()
    const { table } = world.deps
    await world.say()
    await world.pump()
    // Another worker, which had cached that all is well, saw that success and wrote nothing.
    await BreakerState.recordFailures(table, world.customer.tenant, id, 1)
    const since = (await healthOf(id)).failingSince!
    await world.say()
    await world.pump()
    world.receiver.behave((_, response) => answer(response, 500))
    world.advance(since + 5.2 * DAY - world.now())
    await world.say()
    await world.pump()
    assert.equal((await endpointOf(id)).disabled, false)
    assert.ok((await healthOf(id)).failingSince! > since)
    // Five days have passed since that one too: the next failure ends it.
    await world.say()
    await world.pump()
    assert.equal((await endpointOf(id)).disabledReason, "failing")
  })

  for (const count of [20, 800]) {
    test(`is disabled with the same few reads after ${count} deliveries`, async () => {
      const { id: endpointId } = await world.addEndpoint()
      const { table } = world.deps
      const { tenant } = world.customer
      const startedAt = world.now()
      await BreakerState.recordFailures(table, tenant, endpointId, 1)
      // Delivered by receipt, before it failed and in all five days; none of them since it fails.
      await logDeliveries(tenant, endpointId, count, (index) => ({
        createdAt: startedAt - DAY + Math.floor((index * 6 * DAY) / count),
        attemptedAt: startedAt - 1,
      }))
      world.advance(5.1 * DAY)
      const counts: Counts = {}
      const clients = countedClients(world.stack, counts, "deliver")
      const deps = makeDeps(world.stack, { clients, now: Date.now })
      await disableFailing(deps, tenant, endpointId)
      clients.close()
      assert.equal((await endpointOf(endpointId)).disabledReason, "failing")
      assert.equal(total(counts, "dynamodb", /Query/), 2)
      assert.equal(total(counts, "dynamodb", /Get/), 2)
    })
  }
})

describe("an endpoint that was moved while it fails", () => {
  test("gets what comes ten seconds later at its new place, however often it failed meanwhile", async () => {
    const old = await world.addEndpoint()
    const path = `/${crypto.randomUUID()}`
    world.receiver.behave((_, response) => answer(response, 500))
    await world.say()
    await world.pump()
    await Endpoint.update(world.deps.table, world.customer.tenant, old.id, {
      url: `${world.receiver.url.replace(/\/$/, "")}${path}`,
    })
    for (let second = 0; second < 12; second += 3) {
      world.advance(3 * SECOND)
      await world.say()
      await world.pump()
    }
    const before = old.arrived().length
    world.receiver.behave(ok)
    await world.say()
    await world.pump()
    assert.equal(old.arrived().length, before)
    assert.ok(world.receiver.arrived.some((each) => each.path === path))
  })
})

describe("an endpoint that is well", () => {
  test("costs not a single write of its own", async () => {
    const { id } = await world.addEndpoint()
    for (let count = 0; count < 5; count++) await world.say()
    await world.pump()
    assert.deepEqual(await healthOf(id), { failures: 0 })
    assert.equal((await statuses(id)).length, 5)
  })
})
