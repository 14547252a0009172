import * as Health from "@ringback/store/health"
import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { startApi, type TestApi } from "../api/api.ts"
import { pump, pumpAll, type Deps } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { workerWhere } from "./slow-worker.ts"

// What waits for slots, when its endpoint is disabled and enabled again.

let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000

async function setDisabled(id: string, disabled: boolean) {
  const at = `/v1/tenants/${world.customer.tenant}/endpoints/${id}`
  assert.equal((await api.call(`PATCH ${at}`, { body: { disabled } })).status, 200)
}

async function pass(seconds: number, worker: Deps) {
  for (let second = 0; second < seconds; second++) {
    world.advance(SECOND)
    await pumpAll(world.stack, worker)
  }
}

test("its rate limit holds, also if it is enabled before anything is held", async () => {
  const { id, arrived } = await world.addEndpoint({ rateLimit: 1 })
  const worker = workerWhere(world, id, 15_000, () => false)
  for (let count = 0; count < 60; count++) await world.say()
  await pumpAll(world.stack, worker)
  await setDisabled(id, true)
  await setDisabled(id, false)
  for (let count = 0; count < 30; count++) await world.say()
  await pumpAll(world.stack, worker)
  const sent = arrived().length
  await pass(20, worker)
  const more = arrived().length - sent
  assert.ok(more >= 18 && more <= 22, `${more} in 20 s`)
})

test("once it is quick, nothing waits for the slots of the time when it was slow", async () => {
  const { id, arrived } = await world.addEndpoint()
  let isSlow = true
  const worker = workerWhere(world, id, 15_000, () => isSlow)
  for (let count = 0; count < 150; count++) await world.say()
  for (const each of [id, ...Array.from({ length: 20 }, (_, index) => `ep_${index}`)])
    await Health.recordSlow(worker.table, world.customer.tenant, each)
  await pumpAll(world.stack, worker)
  await setDisabled(id, true)
  await setDisabled(id, false)
  isSlow = false
  // The last slot is eight minutes away. For a minute, workers take it for slow.
  await pass(80, worker)
  assert.equal(arrived().length, 150)
})

test("a slow one gets no POST more by it", async () => {
  const { id, arrived } = await world.addEndpoint()
  const worker = workerWhere(world, id, 15_000, () => true)
  await Health.recordSlow(worker.table, world.customer.tenant, id)
  const started: number[] = []
  for (let round = 0; round < 6; round++) {
    for (let count = 0; count < 30; count++) await world.say()
    await pumpAll(world.stack, worker)
    await setDisabled(id, true)
    if (round % 2 === 0) await pumpAll(world.stack, worker)
    await setDisabled(id, false)
    await pass(5, worker)
    started.push(arrived().length)
  }
  // One every 600 ms in 30 s, and what is sent ahead of its slot.
  assert.ok(started.at(-1)! > 10 && started.at(-1)! <= 50 + 4, `${started}`)
})

test("what comes once it is enabled does not wait for the slots of what was held", async () => {
  const { id, arrived } = await world.addEndpoint({ rateLimit: 1 })
  const worker = workerWhere(world, id, 15_000, () => false)
  for (let count = 0; count < 60; count++) await world.say()
  await pumpAll(world.stack, worker)
  await setDisabled(id, true)
  while ((await pump(world.stack, worker, "Jobs")) > 0);
  await setDisabled(id, false)
  const sent = arrived().length
  world.advance(11 * SECOND)
  await world.say()
  await pumpAll(world.stack, worker)
  assert.equal(arrived().length, sent + 1)
})
