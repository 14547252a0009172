import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { replay } from "@ringback/functions/dispatch/redeliver"
import {
  intervalWhileSlow,
  MAX_IN_FLIGHT,
  MAX_IN_FLIGHT_OF_TENANT,
  stretchOfTenant,
} from "@ringback/functions/endpoint/slow-share"
import type { Slowness } from "@ringback/functions/endpoint/slow-endpoints"
import { listEvents } from "@ringback/store/event-list"
import * as Health from "@ringback/store/health"
import { takeSlots } from "@ringback/store/rate-slots"
import { queues } from "../../infra/facts.ts"
import { makeDeps, pump, pumpAll, type Deps } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000

/** A worker that has seen POSTs to these endpoints take so long. */
const workerWhere = (endpointIds: string | readonly string[], meanMs: number | undefined): Deps => {
  const deps = makeDeps(world.stack, { now: world.now })
  const slowness: Slowness = {
    isSlow: (id) => endpointIds.includes(id),
    meanMs: (id) => (endpointIds.includes(id) ? meanMs : undefined),
    shortMs: () => undefined,
    watch: () => () => {},
  }
  return { ...deps, slowness }
}

describe("an endpoint that hangs", () => {
  test("gets no more at once than its share, whichever worker sends; the others get all of theirs", async () => {
    const hanging = await world.addEndpoint()
    const slow = await world.addEndpoint()
    for (let count = 0; count < 80; count++) await world.say()
    while ((await pump(world.stack, world.deps, "Ingest")) > 0);
    // Five workers, each with a process of its own: what the first attempts' queue moves aside and what comes of it.
    const workers = Array.from({ length: 5 }, () => workerWhere(hanging.id, 15_000))
    for (let turn = 0, moved = 1; moved > 0; turn++) {
      const worker = workers[turn % workers.length]!
      moved =
        (await pump(world.stack, worker, "Delivery")) + (await pump(world.stack, worker, "Retry"))
    }
    assert.equal(slow.arrived().length, 80)
    // What has a slot within a second and a half is waited for.
    assert.ok(hanging.arrived().length <= 4, `${hanging.arrived().length} at once`)
    const times = new Map<string, number>()
    const since = world.now()
    for (let second = 1; second <= 60 && times.size < 80; second++) {
      for (const { id } of hanging.arrived()) if (!times.has(id)) times.set(id, world.now())
      world.advance(SECOND)
      while ((await pump(world.stack, workers[second % 5]!, "Retry")) > 0);
    }
    for (const { id } of hanging.arrived()) if (!times.has(id)) times.set(id, world.now())
    assert.equal(times.size, 80, "nothing is lost")
    // Each would hang for 15 s: how many would be under way at any second.
    for (let at = since; at < world.now(); at += SECOND) {
      const underWay = [...times.values()].filter((began) => began <= at && began > at - 15_000)
      assert.ok(underWay.length <= MAX_IN_FLIGHT + 4, `${underWay.length} under way`)
    }
  })

  test("is known to workers that have seen nothing of it by what others noted", async () => {
    const { id, arrived } = await world.addEndpoint()
    await Health.recordSlow(world.deps.table, world.customer.tenant, id)
    for (let count = 0; count < 20; count++) await world.say()
    await world.pump()
    assert.ok(arrived().length >= 1 && arrived().length < 20, `${arrived().length} at once`)
    const waiting = (await world.deliveries({ endpointId: id })).filter(({ slot }) => slot)
    assert.equal(waiting.length, 20 - arrived().length)
    assert.ok(waiting.every(({ turn, attemptCount }) => turn === 1 && attemptCount === 0))
    for (let second = 0; second < 20; second++) {
      world.advance(SECOND)
      await world.pump()
    }
    assert.equal(arrived().length, 20)
  })
})

test("replays to endpoints that hang take no more at once than one of them, and the first does not wait", async () => {
  const endpoints = [await world.addEndpoint(), await world.addEndpoint()]
  const ids = endpoints.map(({ id }) => id)
  const arrived = () => endpoints.reduce((sum, each) => sum + each.arrived().length, 0)
  const { table } = world.deps
  const { tenant } = world.customer
  await world.say()
  await world.pump()
  const [event] = (await listEvents(table, tenant, { limit: 1 })).items
  for (let count = 0; count < 20; count++) await replay(world.deps, tenant, event!, ids)
  const worker = workerWhere(ids, 15_000)
  await pumpAll(world.stack, worker)
  // What has a slot within a second and a half is waited for.
  assert.ok(arrived() > 2 && arrived() <= 2 + 4, `${arrived() - 2} at once`)
  for (let second = 0; second < 60 && arrived() < 42; second++) {
    world.advance(SECOND)
    await pumpAll(world.stack, worker)
  }
  assert.equal(arrived(), 42)
})

for (const rateLimit of [null, 100])
  test(`what waits for hours for an endpoint that is quick again is sent within minutes, rate limit ${rateLimit}`, async () => {
    const { id, arrived } = await world.addEndpoint({ rateLimit })
    const { table } = world.deps
    const { tenant } = world.customer
    const slow = workerWhere(id, 15_000)
    const sayTo = async (worker: Deps, count: number) => {
      for (let index = 0; index < count; index++) await world.say()
      await pumpAll(world.stack, worker)
    }
    await Health.recordSlow(table, tenant, id)
    await takeSlots(table, tenant, id, 1, 80 * SECOND)
    await sayTo(slow, 1)
    await takeSlots(table, tenant, id, 1, 3600 * SECOND)
    await sayTo(slow, 3)
    assert.equal(arrived().length, 0)
    world.advance(80 * SECOND)
    // Another worker, which has not seen it slow, sends the first one. The others follow.
    await world.pump()
    assert.ok(arrived().length >= 1)
    const waiting = (await world.deliveries({ endpointId: id })).filter((each) => each.nextAt)
    assert.equal(arrived().length + waiting.length, 4)
    for (const { nextAt } of waiting) assert.ok(nextAt! <= world.now() + SECOND)
    world.advance(SECOND)
    await world.release()
    assert.equal(arrived().length, 4)
  })

test("what waits for hours is sent within minutes also if the queue did not take the job that spreads it", async () => {
  const { id, arrived } = await world.addEndpoint()
  const { table, sqs } = world.deps
  const { tenant } = world.customer
  await Health.recordSlow(table, tenant, id)
  await takeSlots(table, tenant, id, 1, 3600 * SECOND)
  await world.say()
  await pumpAll(world.stack, workerWhere(id, 15_000))
  world.advance(80 * SECOND)
  const send = (command: { input: { QueueUrl?: string } }) =>
    command.input.QueueUrl === world.stack.queues.Jobs.url
      ? Promise.reject(new Error("no answer"))
      : sqs.send(command as never)
  for (const deps of [{ ...world.deps, sqs: { send } as unknown as Deps["sqs"] }, world.deps]) {
    await world.say()
    await pump(world.stack, deps, "Ingest")
    await pump(world.stack, deps, "Delivery")
  }
  await world.pump()
  world.advance(SECOND)
  await world.release()
  assert.ok(arrived().length >= 2, `${arrived().length}`)
  const waiting = (await world.deliveries({ endpointId: id })).filter((each) => each.nextAt)
  for (const { nextAt } of waiting) assert.ok(nextAt! <= world.now() + SECOND)
})

test("one that mostly answers soon, and was slow once, is not held up", async () => {
  const { id, arrived } = await world.addEndpoint()
  for (let count = 0; count < 30; count++) await world.say()
  while ((await pump(world.stack, world.deps, "Ingest")) > 0);
  const worker = workerWhere(id, 200)
  for (let moved = 1; moved > 0;) {
    moved =
      (await pump(world.stack, worker, "Delivery")) + (await pump(world.stack, worker, "Retry"))
  }
  assert.equal(arrived().length, 30)
})

test("the slow endpoints of a tenant have a fifth of the places together, and another tenant's has its own share", async () => {
  const { table } = world.deps
  const { tenant } = world.customer
  const other = await world.addEndpoint()
  const slow = Array.from({ length: 40 }, (_, index) => `ep_${index}`)
  for (const id of slow) await Health.recordSlow(table, tenant, id)
  const stretch = (some = tenant) =>
    stretchOfTenant(makeDeps(world.stack, { now: world.now }), some)
  assert.equal(await stretch(), (40 * MAX_IN_FLIGHT) / MAX_IN_FLIGHT_OF_TENANT)
  assert.equal(await stretch("ten_another"), 1)
  const { maximumConcurrency, batchSize } = queues.Retry
  assert.ok(MAX_IN_FLIGHT_OF_TENANT * 5 <= maximumConcurrency * batchSize)

  // Each of the next deliveries has its slot ten times as late.
  await world.say()
  await world.say()
  await world.say()
  while ((await pump(world.stack, world.deps, "Ingest")) > 0);
  const worker = workerWhere(other.id, 15_000)
  const from = world.now()
  for (let moved = 1; moved > 0;) {
    moved =
      (await pump(world.stack, worker, "Delivery")) + (await pump(world.stack, worker, "Retry"))
  }
  const { nextFree } = await Health.get(table, tenant, other.id)
  const intervalMs = (intervalWhileSlow(15_000) * (40 * MAX_IN_FLIGHT)) / MAX_IN_FLIGHT_OF_TENANT
  assert.equal(nextFree! - from, 3 * intervalMs)

  // Those that are slow no more are not counted.
  world.advance(61 * SECOND)
  assert.equal(await stretch(), 1)
})

test("up to four slow endpoints of a tenant have a whole share each", async () => {
  const { table } = world.deps
  const { tenant } = world.customer
  for (let count = 1; count <= 5; count++) {
    await Health.recordSlow(table, tenant, `ep_${count}`)
    const stretch = await stretchOfTenant(makeDeps(world.stack, { now: world.now }), tenant)
    assert.equal(stretch, count === 5 ? 1.25 : 1)
  }
})

test("twenty endpoints that hang leave the retry queue places", () => {
  const { maximumConcurrency, batchSize } = queues.Retry
  assert.ok(MAX_IN_FLIGHT * 19 < maximumConcurrency * batchSize)
  assert.equal(intervalWhileSlow(undefined), 15_000 / MAX_IN_FLIGHT)
  assert.equal(intervalWhileSlow(3_000), 3_000 / MAX_IN_FLIGHT)
  assert.equal(intervalWhileSlow(999), 0)
})
