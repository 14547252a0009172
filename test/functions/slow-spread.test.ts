import type { Slowness } from "@ringback/functions/endpoint/slow-endpoints"
import { estimateMs, MAX_IN_FLIGHT } from "@ringback/functions/endpoint/slow-share"
import * as Health from "@ringback/store/health"
import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { startApi, type TestApi } from "../api/api.ts"
import { pumpAll } from "../harness/system.ts"
import { until } from "../harness/until.ts"
import { startWorld, type World } from "../harness/world.ts"
import { workerWhere } from "./slow-worker.ts"

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

test("a changed rate limit of a slow endpoint does not undo its share", async () => {
  const { id, arrived } = await world.addEndpoint()
  const { tenant } = world.customer
  const worker = workerWhere(world, id, 15_000, () => true)
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

for (const meanMs of [200, 10_000])
  test(`a lower rate limit holds for what waits since before the endpoint was slow, mean ${meanMs} ms`, async () => {
    const { id, arrived } = await world.addEndpoint({ rateLimit: 20 })
    const { tenant } = world.customer
    let isSlow = false
    const worker = workerWhere(world, id, meanMs, () => isSlow)
    for (let count = 0; count < 200; count++) await world.say()
    await pumpAll(world.stack, worker)
    isSlow = true
    await Health.recordSlow(worker.table, tenant, id, (isNew) => estimateMs(200, isNew))
    const at = `/v1/tenants/${tenant}/endpoints/${id}`
    assert.equal((await api.call(`PATCH ${at}`, { body: { rateLimit: 2 } })).status, 200)
    // What is sent within five seconds keeps its slot.
    for (let second = 0; second < 6; second++) {
      await pumpAll(world.stack, worker)
      world.advance(SECOND)
    }
    const sent = arrived().length
    for (let second = 0; second < 10; second++) {
      await pumpAll(world.stack, worker)
      world.advance(SECOND)
    }
    const more = arrived().length - sent
    assert.ok(more >= 10 && more <= 24, `${more} in 10 s`)
  })

test("rate limits that change all the time give a slow endpoint no POST more", async () => {
  const { id, arrived } = await world.addEndpoint()
  const { tenant } = world.customer
  const worker = workerWhere(world, id, 15_000, () => true)
  await Health.recordSlow(worker.table, tenant, id)
  for (let count = 0; count < 200; count++) await world.say()
  await pumpAll(world.stack, worker)
  const sent = arrived().length
  const at = `/v1/tenants/${tenant}/endpoints/${id}`
  for (let second = 0; second < 30; second++) {
    const body = { rateLimit: second % 2 === 0 ? 1 : 500 }
    assert.equal((await api.call(`PATCH ${at}`, { body })).status, 200)
    await pumpAll(world.stack, worker)
    world.advance(SECOND)
  }
  const more = arrived().length - sent
  const share = 2 * MAX_IN_FLIGHT
  assert.ok(more > 4 && more <= share + 4, `${more} of 15 s each within 30 s`)
})

test("a changed rate limit spreads what waits at the share of a slow endpoint, by what is known of it", async () => {
  const { id } = await world.addEndpoint({ rateLimit: 1 })
  const { tenant } = world.customer
  const worker = workerWhere(world, id, 5_000, () => true)
  await Health.recordSlow(worker.table, tenant, id)
  for (let count = 0; count < 60; count++) await world.say()
  await pumpAll(world.stack, worker)
  world.advance(31 * SECOND)
  // POSTs of 5 s: one every 200 ms.
  await Health.recordSlow(worker.table, tenant, id, () => 5_000)
  const at = `/v1/tenants/${tenant}/endpoints/${id}`
  assert.equal((await api.call(`PATCH ${at}`, { body: { rateLimit: null } })).status, 200)
  await pumpAll(world.stack, worker)
  const waiting = (await world.deliveries({ endpointId: id })).map(({ slot = 0 }) => slot)
  const slots = waiting.filter((slot) => slot > world.now() + 5_000).toSorted((a, b) => a - b)
  const gaps = slots.slice(1).map((slot, index) => slot - slots[index]!)
  assert.ok(slots.length > 20)
  assert.ok(
    gaps.every((gap) => gap === 200),
    `${gaps}`,
  )
})

test("how long the POSTs of a slow endpoint take is noted, with a first slow one by an estimate", async () => {
  assert.equal(estimateMs(undefined, true), undefined)
  const { id } = await world.addEndpoint()
  const { tenant } = world.customer
  const worker = workerWhere(world, id, 200, () => false)
  const watch: Slowness["watch"] = (_, onSlow) => (onSlow(), () => {})
  const noted = async (slowMs: number) => {
    await world.say()
    await pumpAll(world.stack, { ...worker, slowness: { ...worker.slowness, watch } })
    await until(async () => (await Health.get(worker.table, tenant, id)).slowMs === slowMs)
  }
  // As if the one that is under way took 15 s.
  await noted(200 + 0.3 * 14_800)
  world.advance(20 * SECOND)
  await noted(200)
})

test("once a tenant's slow endpoints are quick again nothing waits for the slots of that time", async () => {
  const { id, arrived } = await world.addEndpoint()
  const { tenant } = world.customer
  let isSlow = true
  const worker = workerWhere(world, id, 2_500, () => isSlow)
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
