import * as Health from "@ringback/store/health"
import { dropSlots, takeSlots } from "@ringback/store/rate-slots"
import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { pump, pumpAll } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

// Through which queue the first attempts at a slow endpoint go.

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000

async function slowEndpoint() {
  const endpoint = await world.addEndpoint()
  const { table } = world.deps
  const { tenant } = world.customer
  await Health.recordSlow(table, tenant, endpoint.id)
  const takeFor = (ms: number) => takeSlots(table, tenant, endpoint.id, 1, ms)
  const deliveries = () => world.deliveries({ endpointId: endpoint.id })
  const freeSlots = () => dropSlots(table, tenant, endpoint.id)
  return { ...endpoint, takeFor, deliveries, freeSlots }
}

/** An event, up to its delivery's first message. */
async function sayOnly() {
  await world.say()
  await pump(world.stack, world.deps, "Ingest")
}

const pumpFirst = () => pump(world.stack, world.deps, "Delivery")
const pumpRetry = () => pump(world.stack, world.deps, "Retry")

test("what waits for a slot of a slow endpoint takes nothing of the retry queue until then", async () => {
  const { takeFor, deliveries, arrived } = await slowEndpoint()
  await takeFor(60 * SECOND)
  await sayOnly()
  await pumpFirst()
  const [waiting] = await deliveries()
  assert.equal(waiting?.slot, world.now() + 60 * SECOND)
  assert.equal(await pumpRetry(), 0)
  world.advance(60 * SECOND)
  await pumpAll(world.stack, world.deps)
  assert.equal(arrived().length, 1)
})

test("a worker that has got a slot to wait for knows that the next ones are, too", async () => {
  const { takeFor, deliveries } = await slowEndpoint()
  await sayOnly()
  await pumpFirst()
  // Since the worker read of the endpoint, others have taken slots.
  await takeFor(60 * SECOND)
  assert.equal(await pumpRetry(), 1)
  assert.equal((await deliveries()).length, 1)
  await sayOnly()
  await pumpFirst()
  assert.equal((await deliveries()).length, 2)
  assert.equal(await pumpRetry(), 0)
})

test("no attempt at a slow endpoint is made from the queue of first attempts, however near its slot is", async () => {
  const { takeFor, freeSlots, arrived } = await slowEndpoint()
  await takeFor(60 * SECOND)
  await sayOnly()
  await pumpFirst()
  // The worker does not know it yet.
  await freeSlots()
  await sayOnly()
  await pumpFirst()
  assert.equal(arrived().length, 0)
  world.advance(2 * SECOND)
  await pumpRetry()
  assert.equal(arrived().length, 1)
})
