import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { releaseHandler } from "@ringback/functions/release"
import { MOST_IN_PLACE } from "@ringback/functions/release/pace"
import { makeContext } from "@ringback/local/lambda"
import type { QueryCommandInput } from "@aws-sdk/client-dynamodb"
import type { SendMessageBatchCommandInput } from "@aws-sdk/client-sqs"
import * as BreakerState from "@ringback/store/breaker-state"
import { commonShards, listDue } from "@ringback/store/due"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { makeClients } from "../harness/stack.ts"
import { makeCustomer, makeDeps } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { planMany, type Planned } from "./planned.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const MINUTE = 60_000
const release = (deps = world.deps) => releaseHandler(deps)({}, makeContext(60_000))

const plan = (endpointId: string, count: number, planned: (index: number) => Planned) =>
  planMany(world, endpointId, count, planned)

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

  test("claims what falls due within the minute in place, and moves what is overdue for a quarter of an hour", async () => {
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
    const timesOfPending = async () =>
      (await world.deliveries({ endpointId: id }))
        .flatMap(({ status, dueAt }) => (status === "pending" ? [dueAt!] : []))
        .toSorted((a, b) => a - b)
    assert.deepEqual(await timesOfPending(), [soon, startedAt + 15 * MINUTE])
    // To the second, and never a negative delay, which SQS refuses.
    assert.deepEqual(new Set(delays), new Set([undefined, 50]))
    clients.close()
    // As if both messages were late: what was claimed in place is moved, and not sent again before
    // a quarter of an hour has passed.
    world.advance(soon + MINUTE - world.now())
    assert.equal((await release()).released, 0)
    assert.deepEqual(await timesOfPending(), [startedAt + 15 * MINUTE, world.now() + 15 * MINUTE])
    world.advance(13 * MINUTE)
    assert.equal((await release()).released, 1)
    world.advance(2 * MINUTE)
    assert.equal((await release()).released, 1)
    await world.pump()
  })

  test("moves what it claims of a large backlog, so that the next run does not read it again", async () => {
    const { id } = await world.addEndpoint()
    const at = world.now()
    await plan(id, MOST_IN_PLACE + 1, () => ({ at }))
    assert.equal((await release()).released, MOST_IN_PLACE + 1)
    const due = await Promise.all(
      commonShards.map((shard) => listDue(world.deps.table, shard, at, 1)),
    )
    assert.deepEqual(
      due.flatMap(({ entries }) => entries),
      [],
    )
    await world.pump()
  })

  test("by groups of shards, side by side, sends each once", async () => {
    const { id, arrived } = await world.addEndpoint()
    await plan(id, 200, () => ({ at: world.now() }))
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, group) =>
        releaseHandler(world.deps)({ group, groups: 8 }, makeContext(60_000)),
      ),
    )
    assert.equal(
      runs.reduce((sum, run) => sum + run.released, 0),
      200,
    )
    assert.ok(runs.every(({ released }) => released > 5))
    await world.pump()
    assert.equal(arrived().length, 201)
  })

  test("leaves what is due later where it is", async () => {
    const { id } = await world.addEndpoint()
    await plan(id, 1, () => ({ at: world.now() + 2 * MINUTE }))
    assert.equal((await release()).released, 0)
    world.advance(3 * MINUTE)
    await world.release()
  })
})

describe("release with less time than there is due", () => {
  // Each look at the time takes a second: it is gone after so many, whatever this machine can do.
  const seconds = (count: number) => {
    let left = count * 1000 + 10_000
    return { getRemainingTimeInMillis: () => (left -= 1000) }
  }

  test("sends another tenant's retries and probes first, though theirs are due last", async () => {
    const busy = await world.addEndpoint()
    await plan(busy.id, 600, () => ({ at: world.now() - 20 * MINUTE }))
    const { customer } = world
    world.customer = await makeCustomer(world.deps)
    const resting = await world.addEndpoint()
    await plan(resting.id, 3, () => ({ at: world.now(), shard: "parked" }))
    await BreakerState.recordFailures(world.deps.table, world.customer.tenant, resting.id, 10)
    await BreakerState.open(world.deps.table, world.customer.tenant, resting.id, world.now())
    world.customer = await makeCustomer(world.deps)
    const other = await world.addEndpoint()
    await plan(other.id, 5, () => ({ at: world.now() }))
    const counts: Counts = {}
    const clients = countedClients(world.stack, counts, "release")
    const logged: Record<string, unknown>[] = []
    const log = (event: string, fields: object) => void logged.push({ event, ...fields })
    const deps = makeDeps(world.stack, { now: world.now, clients, log })
    const { released } = await releaseHandler(deps)({}, seconds(40))
    assert.ok(released < 400, `${released} were released: the time was not short`)
    // Claims, a tenth as many requests to SQS, a page of each shard, and the probe.
    const requests = total(counts, "dynamodb") + total(counts, "sqs")
    assert.ok(requests < released * 1.15 + 40, `${requests} requests for ${released}`)
    clients.close()
    const { left, lateSeconds } = logged.find(({ event }) => event === "release.ended")!
    assert.equal(Number(left) + released, 605)
    assert.ok(Number(lateSeconds) >= 20 * 60)
    const before = busy.arrived().length
    await world.pump()
    assert.equal(other.arrived().length, 6)
    assert.equal(resting.arrived().length, 2, "one probe")
    assert.ok(busy.arrived().length > before)
    // What was left is there for the next run, which says that nothing is late any more.
    await world.release()
    assert.equal(busy.arrived().length, 601)
    world.customer = customer
  })
})
