import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { releaseHandler } from "@ringback/functions/release"
import { sideBySide } from "@ringback/functions/runtime/side-by-side"
import { makeContext } from "@ringback/local/lambda"
import type { QueryCommandInput } from "@aws-sdk/client-dynamodb"
import type { SendMessageBatchCommandInput } from "@aws-sdk/client-sqs"
import * as Delivery from "@ringback/store/delivery"
import * as BreakerState from "@ringback/store/breaker-state"
import { deliveryRef } from "@ringback/store/keys"
import { parkingShardOf } from "@ringback/store/due"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { answer } from "../harness/receiver.ts"
import { makeClients } from "../harness/stack.ts"
import { isQuiet, makeDeps, pumpAll } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const MINUTE = 60_000
const release = (deps = world.deps) => releaseHandler(deps)({}, makeContext(60_000))

type Planned = { at: number; shard?: string }

/** Deliveries of one stored event to an endpoint, each due when it is told. */
async function plan(endpointId: string, count: number, planned: (index: number) => Planned) {
  const { table } = world.deps
  const { tenant } = world.customer
  await world.say()
  await world.pump()
  const [{ eventId, eventType }] = (await world.deliveries({ endpointId })) as [Delivery.Delivery]
  await sideBySide([...Array(count).keys()], 40, async (index) => {
    const ref = deliveryRef(eventId, endpointId, world.now(), `plan ${index}`)
    const facts = { tenant, ref, endpointId, eventId, eventType }
    const { at, shard } = planned(index)
    await Delivery.advance(table, facts, 0, {
      status: "pending",
      keepsTurn: true,
      due: { at, nextAt: at, ...(shard ? { shard: parkingShardOf(endpointId, ref) } : {}) },
    })
  })
}

describe("release", () => {
  test("sends what falls due within the minute, each once, though two run at the same time", async () => {
    const { id, arrived } = await world.addEndpoint()
    await plan(id, 300, (index) => ({ at: world.now() + (index % 60) * 1000 }))
    const [one, two] = await Promise.all([release(), release()])
    assert.equal(one.released + two.released, 300)
    world.advance(MINUTE)
    await world.pump()
    assert.equal(arrived().length, 301)
  })

  test("that crashes after its claim sends it again a quarter of an hour later", async () => {
    const { id, arrived } = await world.addEndpoint()
    await plan(id, 1, () => ({ at: world.now() }))
    const nowhere = {
      ...world.deps,
      queues: { ...world.deps.queues, retryUrl: "http://127.0.0.1:9/none" },
    }
    assert.equal((await release(nowhere)).released, 0)
    assert.equal((await release()).released, 0)
    world.advance(16 * MINUTE)
    await world.release()
    assert.equal(arrived().length, 2)
  })

  test("sends what it has claimed though something else cannot be claimed", async () => {
    const { id, arrived } = await world.addEndpoint()
    await plan(id, 40, () => ({ at: world.now() }))
    const clients = makeClients(world.stack)
    let refused = 0
    clients.dynamodb.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName !== "UpdateItemCommand" || ++refused > 10) return next(args)
          throw new Error("too much at once")
        },
      { step: "initialize" },
    )
    const deps = makeDeps(world.stack, { now: world.now, clients })
    assert.equal((await release(deps)).released, 30)
    await world.pump()
    assert.equal(arrived().length, 31)
    assert.equal((await release()).released, 10)
    await world.pump()
    clients.sqs.destroy()
    clients.dynamodb.destroy()
  })

  test("goes through the other shards where one cannot be read, and then says so", async () => {
    const { id, arrived } = await world.addEndpoint()
    await plan(id, 60, () => ({ at: world.now() }))
    const clients = makeClients(world.stack)
    clients.dynamodb.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName !== "QueryCommand") return next(args)
          const { ExpressionAttributeValues: values } = args.input as QueryCommandInput
          if (values![":shard"]!.S === "due#0") throw new Error("one shard is broken")
          return next(args)
        },
      { step: "initialize" },
    )
    const deps = makeDeps(world.stack, { now: world.now, clients })
    await assert.rejects(() => release(deps), /one shard is broken/)
    await world.pump()
    assert.ok(arrived().length > 30)
    await world.release()
    assert.equal(arrived().length, 61)
    clients.sqs.destroy()
    clients.dynamodb.destroy()
  })

  test("claims what falls due within the minute until a quarter of an hour after its own time", async () => {
    const { id } = await world.addEndpoint()
    const [soon, overdue] = [world.now() + 50_000, world.now() - 10 * MINUTE]
    await plan(id, 2, (index) => ({ at: index === 0 ? soon : overdue }))
    const delays: (number | undefined)[] = []
    const clients = makeClients(world.stack)
    clients.sqs.middlewareStack.add(
      (next) => (args) => {
        const { Entries = [] } = args.input as SendMessageBatchCommandInput
        delays.push(...Entries.map(({ DelaySeconds }) => DelaySeconds))
        return next(args)
      },
      { step: "initialize" },
    )
    const startedAt = world.now()
    await release(makeDeps(world.stack, { now: world.now, clients }))
    const claimed = (await world.deliveries({ endpointId: id }))
      .filter(({ status }) => status === "pending")
      .map(({ dueAt }) => dueAt! - 15 * MINUTE)
    assert.deepEqual(
      claimed.toSorted((a, b) => a - b),
      [startedAt, soon],
    )
    // To the second, and never a negative delay, which SQS refuses.
    assert.deepEqual(new Set(delays), new Set([undefined, 50]))
    clients.close()
    world.advance(MINUTE)
    await world.pump()
  })

  test("leaves what is due later where it is", async () => {
    const { id } = await world.addEndpoint()
    await plan(id, 1, () => ({ at: world.now() + 2 * MINUTE }))
    assert.equal((await release()).released, 0)
    world.advance(3 * MINUTE)
    await world.release()
  })
})

// `RINGBACK_TEST_PARKED=10000 node --test test/functions/release.test.ts` for the long run.
const PARKED = Number(process.env["RINGBACK_TEST_PARKED"] ?? 1_000)

describe(`a dead endpoint with ${PARKED} waiting deliveries`, () => {
  test("gets one POST a minute and costs under 200 requests a minute, however many wait", async (t) => {
    const { id, arrived } = await world.addEndpoint()
    await plan(id, PARKED, () => ({ at: world.now(), shard: "parked" }))
    const { tenant } = world.customer
    await BreakerState.open(world.deps.table, tenant, id, world.now())
    world.receiver.behave((_, response) => answer(response, 500))
    world.advance(11_000)
    const counts: Counts = {}
    const clients = countedClients(world.stack, counts, "all")
    const deps = makeDeps(world.stack, { now: world.now, clients })
    const before = arrived().length
    for (let minute = 1; minute <= 5; minute++) {
      world.advance(MINUTE)
      await release(deps)
      await pumpAll({ ...world.stack, sqs: clients.sqs }, deps)
      assert.ok(
        arrived().length - before <= minute,
        `${arrived().length - before} POSTs in ${minute} min`,
      )
    }
    assert.ok(arrived().length > before)
    const requests = (total(counts, "sqs") + total(counts, "dynamodb")) / 5
    t.diagnostic(`${arrived().length - before} POSTs in 5 minutes, ${requests} requests a minute`)
    assert.ok(requests < 200, `${requests} requests a minute`)
    clients.close()
    assert.equal(await isQuiet(world.stack), false, "the two soon retries are on their way")
  })
})
