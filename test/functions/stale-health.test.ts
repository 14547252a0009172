import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { recordFailures, recordSuccess } from "@ringback/functions/endpoint/breaker"
import { cachedReceiver } from "@ringback/functions/endpoint/cached-endpoint"
import { isSlow } from "@ringback/functions/endpoint/slow-share"
import { recordSlow } from "@ringback/store/health"
import { makeClients } from "../harness/stack.ts"
import { eventMessage, makeDeps, pumpAll, sendToIngest, type Deps } from "../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"

// What a worker keeps of an endpoint's health while others change it.

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const makeWorker = () => makeDeps(world.stack, { now: world.now, random: () => 0.5 })
const healthOf = async (worker: Deps, id: string) =>
  (await cachedReceiver(worker, world.customer.tenant, id)).health
const findsSlow = async (worker: Deps, id: string) =>
  isSlow(worker.slowness, id, await healthOf(worker, id), world.now())

/** Another worker finds it slow, again and again. */
async function staySlow(id: string, times: number) {
  for (let time = 0; time < times; time++) {
    world.advance(31_000)
    await recordSlow(world.deps.table, world.customer.tenant, id)
  }
}

test("a worker that gets little for a slow endpoint knows for as long that it is slow", async () => {
  const { id } = await world.addEndpoint()
  const worker = makeWorker()
  await staySlow(id, 5)
  assert.equal(await findsSlow(worker, id), true)
  for (let minutes = 0; minutes < 36; minutes += 1.5) {
    await staySlow(id, 3)
    assert.equal(await findsSlow(worker, id), true, `after ${minutes} minutes`)
  }
})

test("a worker that sees a success still knows that the endpoint is slow, and asked for a pause", async () => {
  const { id } = await world.addEndpoint()
  const { tenant } = world.customer
  const [worker, other] = [makeWorker(), makeWorker()]
  await staySlow(id, 2)
  await recordFailures(other, tenant, id, { count: 1, pauseMs: 60_000 })
  const { pausedUntil } = await healthOf(worker, id)
  assert.equal(pausedUntil, world.now() + 60_000)
  await recordSuccess(worker, tenant, id)
  const { failures, slowAt, pausedUntil: kept } = await healthOf(worker, id)
  assert.deepEqual([failures, slowAt, kept], [0, world.now(), pausedUntil])
})

test("after an endpoint was slow, each worker looks once whether its deliveries are spread anew", async () => {
  const { id, arrived } = await world.addEndpoint()
  let asked = 0
  const workers = [0, 1].map(() => {
    const clients = makeClients(world.stack)
    clients.dynamodb.middlewareStack.add(
      (next) => (args) => {
        const { UpdateExpression = "" } = args.input as { UpdateExpression?: string }
        if (UpdateExpression.includes("spreadAt")) asked++
        return next(args)
      },
      { step: "initialize" },
    )
    return makeDeps(world.stack, { now: world.now, random: () => 0.5, clients })
  })
  const deliver = async () => {
    for (const worker of workers) {
      const event = eventMessage(world.customer, campaignUpdate())
      await sendToIngest(world.stack, world.customer, event)
      await pumpAll(world.stack, (name) => (/Delivery|Retry/.test(name) ? worker : world.deps))
    }
  }
  await staySlow(id, 10)
  world.advance(56_000)
  await deliver()
  for (let minute = 0; minute < 20; minute++) {
    world.advance(60_000)
    await deliver()
  }
  assert.equal(arrived().length, 42)
  assert.ok(asked >= 1 && asked <= 4, `asked ${asked} times`)
})
