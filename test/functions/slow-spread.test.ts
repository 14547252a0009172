import type { Slowness } from "@ringback/functions/endpoint/slow-endpoints"
import { MAX_IN_FLIGHT } from "@ringback/functions/endpoint/slow-share"
import * as Health from "@ringback/store/health"
import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { startApi, type TestApi } from "../api/api.ts"
import { makeDeps, pumpAll, type Deps } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

// What waits for slots of slow endpoints, when they are quick again or get another rate limit.

let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000

/** A worker at which the endpoint is slow for as long as `isSlow` says so. */
function workerWhere(endpointId: string, meanMs: number, isSlow: () => boolean): Deps {
  const slowness: Slowness = {
    isSlow: (id) => id === endpointId && isSlow(),
    meanMs: (id) => (id === endpointId ? meanMs : undefined),
    shortMs: () => undefined,
    watch: () => () => {},
  }
  return { ...makeDeps(world.stack, { now: world.now, random: () => 0.5 }), slowness }
}

test("a changed rate limit of a slow endpoint does not undo its share", async () => {
  const { id, arrived } = await world.addEndpoint()
  const { tenant } = world.customer
  const worker = workerWhere(id, 15_000, () => true)
  await Health.recordSlow(worker.table, tenant, id)
  for (let count = 0; count < 100; count++) await world.say()
  await pumpAll(world.stack, worker)
  const sent = arrived().length
  const at = `/v1/tenants/${tenant}/endpoints/${id}`
  const { status } = await api.call(`PATCH ${at}`, { body: { rateLimit: 500 } })
  assert.equal(status, 200)
  for (let second = 0; second < 15; second++) {
    await pumpAll(world.stack, worker)
    world.advance(SECOND)
  }
  const more = arrived().length - sent
  assert.ok(more > 0 && more <= MAX_IN_FLIGHT + 4, `${more} of 15 s each within 15 s`)
})

test("once a tenant's slow endpoints are quick again nothing waits for the slots of that time", async () => {
  const { id, arrived } = await world.addEndpoint()
  const { tenant } = world.customer
  let isSlow = true
  const worker = workerWhere(id, 2_500, () => isSlow)
  for (let other = 0; other < 100; other++)
    await Health.recordSlow(worker.table, tenant, `ep_${other}`)
  await Health.recordSlow(worker.table, tenant, id)
  for (let count = 0; count < 100; count++) await world.say()
  await pumpAll(world.stack, worker)
  const slots = (await world.deliveries({ endpointId: id })).map(({ slot = 0 }) => slot)
  // A hundredth of 100 places: a POST every 2.5 s.
  assert.ok(Math.max(...slots) > world.now() + 240 * SECOND)
  isSlow = false
  for (let second = 0; second < 180; second += 5) {
    world.advance(5 * SECOND)
    await pumpAll(world.stack, worker)
    if (second % 60 === 0) await world.release()
  }
  assert.equal(arrived().length, 100)
})
