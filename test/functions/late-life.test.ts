import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { disableEndpoint } from "@ringback/functions/endpoint/disable"
import { letReadsMiss } from "../harness/lagging.ts"
import { answer } from "../harness/receiver.ts"
import { makeClients } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { deliver, failedOnce } from "./deliver.ts"

// Workers whose reads come from a copy of the table that lacks what was written, where they do not ask for a consistent
// read.

let world: World
before(async () => {
  world = await startWorld()
  letReadsMiss(world.deps.table.client)
})
after(() => world.close())
beforeEach(() => world.begin())

const MINUTE = 60_000
const table = () => world.deps.table
const tenant = () => world.customer.tenant
const healthOf = (id: string) => Health.get(table(), tenant(), id, { consistent: true })

test("a retry finds its event, and a repeated message that its delivery is done", async () => {
  const { endpoint, delivery, message } = await failedOnce(world)
  await world.run()
  assert.equal(endpoint.arrived().length, 2)
  await deliver(world, [{ ...message, again: true }])
  await deliver(world, [message], { receiveCount: 2 })
  assert.equal(endpoint.arrived().length, 2)
  const [now] = await world.deliveries({ endpointId: delivery.endpointId })
  assert.deepEqual([now!.status, now!.attemptCount], ["delivered", 2])
})

test("an endpoint that rests is probed, and what was parked with it is sent step by step", async () => {
  const { id, arrived } = await world.addEndpoint()
  world.receiver.behave((_, response) => answer(response, 500))
  for (let count = 0; count < 10; count++) await world.say()
  await world.pump()
  for (let minute = 0; minute < 20 && !BreakerState.isOpen(await healthOf(id)); minute++) {
    world.advance(MINUTE)
    await world.release()
  }
  assert.ok(BreakerState.isOpen(await healthOf(id)))
  for (let count = 0; count < 90; count++) await world.say()
  await world.pump()
  const before = arrived().length
  const times: number[] = []
  world.receiver.behave((_, response) => {
    times.push(world.now())
    answer(response, 204)
  })
  for (let second = 0; second < 200; second++) {
    if (second % 60 === 0) await world.release()
    await world.pump()
    world.advance(1000)
  }
  assert.equal(arrived().length - before, 90)
  const perSecond = Map.groupBy(times, (time) => Math.floor(time / 1000))
  assert.ok([...perSecond.values()].every(({ length }) => length <= 11))
})

test("an endpoint that rests without anything parked is not forgotten", async () => {
  const { id } = await world.addEndpoint()
  await BreakerState.recordFailures(table(), tenant(), id, 10)
  await BreakerState.open(table(), tenant(), id, world.now())
  world.advance(2 * MINUTE)
  await world.release()
  assert.ok(BreakerState.isOpen(await healthOf(id)))
})

test("an endpoint that another worker has disabled a moment ago has what waits for it held", async () => {
  const { id } = await world.addEndpoint()
  world.receiver.behave((_, response) => answer(response, 500))
  await world.say()
  await world.pump()
  const known = (await Endpoint.get(table(), tenant(), id, { consistent: true }))!
  assert.ok(await Endpoint.disable(table(), known, "failing", world.now()))
  assert.equal(await disableEndpoint(world.deps, known, "failing", world.now()), true)
  await world.pump()
  assert.deepEqual(
    (await world.deliveries({ endpointId: id })).map(({ status }) => status),
    ["held"],
  )
})

test("a fresh worker stores no second delivery of one that it has", async () => {
  const { message, endpoint } = await failedOnce(world)
  const clients = makeClients(world.stack)
  letReadsMiss(clients.dynamodb)
  const deps = makeDeps(world.stack, { now: world.now, random: () => 0.5, clients })
  await deliver(world, [{ ...message, again: true }], { deps })
  clients.close()
  assert.equal(endpoint.arrived().length, 1)
})
