import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { GetQueueAttributesCommand, PurgeQueueCommand } from "@aws-sdk/client-sqs"
import { judge, recordFailures } from "@ringback/functions/endpoint/breaker"
import { DISABLED_AFTER_MS } from "@ringback/functions/endpoint/disable"
import { releaseHandler } from "@ringback/functions/release"
import { makeContext } from "@ringback/local/lambda"
import * as Delivery from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import { healthShard, listDue } from "@ringback/store/due"
import * as Endpoint from "@ringback/store/endpoint"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Health from "@ringback/store/health"
import { takeSlots } from "@ringback/store/rate-slots"
import { answer, ok } from "../harness/receiver.ts"
import { makeClients } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { deliver, failedOnce, messageOf, reread } from "./deliver.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(async () => {
  await world.begin()
  for (const { url } of Object.values(world.stack.queues))
    await world.stack.sqs.send(new PurgeQueueCommand({ QueueUrl: url }))
})

const MINUTE = 60_000
const table = () => world.deps.table
const tenant = () => world.customer.tenant
const endpointOf = async (id: string) =>
  (await Endpoint.get(table(), tenant(), id, { consistent: true }))!
const healthOf = (id: string) => Health.get(table(), tenant(), id, { consistent: true })
const jobsWaiting = async () => {
  const { Attributes } = await world.stack.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: world.stack.queues.Jobs.url,
      AttributeNames: ["ApproximateNumberOfMessages"],
    }),
  )
  return Number(Attributes!["ApproximateNumberOfMessages"])
}
const release = () => releaseHandler(world.deps)({}, makeContext(60_000))

describe("an endpoint that seems to have failed for five days", () => {
  /** What a worker remembers of it, which may be old. */
  const remembered = () => ({
    failures: 50,
    failingSince: world.now() - DISABLED_AFTER_MS - MINUTE,
  })

  for (const [what, prepare] of [
    ["is well in truth", async () => undefined],
    [
      "fails since yesterday in truth",
      (id: string) => BreakerState.recordFailures(table(), tenant(), id, 3),
    ],
  ] as const) {
    test(`is not disabled where it ${what}`, async () => {
      const { id } = await world.addEndpoint()
      await prepare(id)
      world.advance(24 * 60 * MINUTE)
      const before = await healthOf(id)
      await judge(world.deps, await endpointOf(id), remembered())
      assert.equal((await endpointOf(id)).disabled, false)
      assert.deepEqual(await healthOf(id), before)
      assert.equal(await jobsWaiting(), 0)
    })
  }

  test("is disabled once: who comes later tells nobody", async () => {
    const { id } = await world.addEndpoint()
    await BreakerState.recordFailures(table(), tenant(), id, 3)
    world.advance(DISABLED_AFTER_MS)
    const endpoint = await endpointOf(id)
    await judge(world.deps, endpoint, await healthOf(id))
    assert.equal((await endpointOf(id)).disabledReason, "failing")
    assert.equal(await jobsWaiting(), 2)
    await judge(world.deps, endpoint, await healthOf(id))
    assert.equal(await jobsWaiting(), 2)
    await Endpoint.remove(table(), tenant(), id)
    await judge(world.deps, endpoint, await healthOf(id))
    assert.equal(await jobsWaiting(), 2)
  })

  test("is not a millisecond early", async () => {
    const { id } = await world.addEndpoint()
    await BreakerState.recordFailures(table(), tenant(), id, 3)
    world.advance(DISABLED_AFTER_MS - 1)
    await judge(world.deps, await endpointOf(id), await healthOf(id))
    assert.equal((await endpointOf(id)).disabled, false)
  })
})

describe("an endpoint rests", () => {
  test("after ten failures and two minutes, neither alone", async () => {
    const { id } = await world.addEndpoint()
    const endpoint = await endpointOf(id)
    const consider = async (count: number) => {
      const health = await BreakerState.recordFailures(table(), tenant(), id, count)
      await judge(world.deps, endpoint, health!)
      return (await healthOf(id)).state
    }
    assert.equal(await consider(9), undefined)
    world.advance(2 * MINUTE - 1)
    assert.equal(await consider(1), undefined, "ten, a moment early")
    world.advance(1)
    assert.equal(await consider(0), "resting")
    await BreakerState.close(table(), tenant(), id)
    await consider(9)
    world.advance(3 * MINUTE)
    assert.equal(await consider(0), "waking", "nine, long enough")
  })
})

describe("an endpoint that rests", () => {
  test("gets one probe, though two copies of its message are delivered at once", async () => {
    const { endpoint, delivery } = await failedOnce(world)
    await BreakerState.open(table(), tenant(), endpoint.id, world.now())
    world.receiver.behave((_, response) => answer(response, 500))
    const probe = messageOf(world, delivery, { turn: 1, again: true, probe: true })
    const deps = () => makeDeps(world.stack, { now: world.now })
    await Promise.all([
      deliver(world, [probe], { deps: deps() }),
      deliver(world, [probe], { deps: deps() }),
    ])
    assert.equal(endpoint.arrived().length, 2)
  })

  test("gets nothing but probes, and is asked in the table before something is parked", async () => {
    const { endpoint, delivery } = await failedOnce(world)
    await BreakerState.open(table(), tenant(), endpoint.id, world.now() + MINUTE)
    world.advance(11_000)
    const retry = messageOf(world, delivery, { turn: 1, again: true })
    await deliver(world, [retry])
    assert.equal(endpoint.arrived().length, 1)
    const parked = await reread(world, delivery)
    assert.match(parked.dueShard!, /^parked#/)
    assert.deepEqual([parked.turn, parked.status], [1, "pending"])
    // This worker remembers the rest; another has seen the endpoint answer.
    await BreakerState.close(table(), tenant(), endpoint.id)
    await deliver(world, [retry])
    assert.equal((await reread(world, delivery)).status, "delivered")
  })

  test("wakes for two minutes, so that what is parked by a worker that has not heard is fetched", async () => {
    const { endpoint, delivery } = await failedOnce(world)
    const { id } = endpoint
    await BreakerState.open(table(), tenant(), id, world.now() + MINUTE)
    await BreakerState.close(table(), tenant(), id)
    const wokenAt = world.now()
    await release()
    assert.equal((await healthOf(id)).state, "waking")
    const facts = factsOfItem(delivery)
    const due = { at: world.now(), nextAt: world.now(), shard: `parked#${id}#0` }
    await Delivery.advance(table(), facts, 1, { status: "pending", keepsTurn: true, due })
    world.advance(2 * MINUTE)
    await world.release()
    assert.equal((await healthOf(id)).wokenAt, wokenAt)
    await world.release()
    assert.equal((await reread(world, delivery)).status, "delivered")
    world.advance(2 * MINUTE)
    await world.release()
    assert.equal((await healthOf(id)).state, undefined)
    const { entries } = await listDue(table(), healthShard(id), Number.MAX_SAFE_INTEGER, 100)
    assert.ok(entries.every(({ endpointId }) => endpointId !== id))
  })
})

describe("an endpoint that asked for a pause", () => {
  test("gets retries at their own time, and what is new behind the pause", async () => {
    const { endpoint, delivery } = await failedOnce(world)
    await Health.pause(table(), tenant(), endpoint.id, world.now() + MINUTE)
    world.advance(11_000)
    await world.say()
    await world.pump()
    assert.deepEqual(
      (await world.deliveries({ endpointId: endpoint.id })).map(({ status }) => status),
      ["pending", "delivered"],
    )
    const waiting = (await world.deliveries({ endpointId: endpoint.id }))[0]!
    // Spread over five seconds; `random` is 0.5 here.
    assert.equal(waiting.nextAt, (await healthOf(endpoint.id)).pausedUntil! + 2_500)
    assert.equal((await reread(world, delivery)).attemptCount, 0)
  })
})

test("a pause that a receiver asks for is recorded also if it took another webhook of the batch", async () => {
  const { id, arrived } = await world.addEndpoint()
  world.receiver.behave((_, response) =>
    arrived().length === 1 ? ok(_, response) : answer(response, 429, { "retry-after": "60" }),
  )
  await world.say()
  await world.say()
  await world.pump()
  const statuses = (await world.deliveries({ endpointId: id })).map(({ status }) => status)
  assert.deepEqual(statuses.toSorted(), ["delivered", "pending"])
  const { pausedUntil = 0, failures } = await healthOf(id)
  assert.ok(pausedUntil > world.now() + 50_000, String(pausedUntil))
  assert.equal(failures, 0)
})

test("a breaker that could not be opened is an error for whoever recorded the failures", async (t) => {
  const { id } = await world.addEndpoint()
  await BreakerState.recordFailures(table(), tenant(), id, 9)
  world.advance(2 * MINUTE)
  const clients = makeClients(world.stack)
  t.after(clients.close)
  clients.dynamodb.middlewareStack.add(
    (next) => (args) => {
      if (JSON.stringify(args.input).includes('"resting"')) throw new Error("too much at once")
      return next(args)
    },
    { step: "initialize" },
  )
  const worker = makeDeps(world.stack, { now: world.now, clients })
  const record = recordFailures(worker, tenant(), id, { count: 1, pauseMs: 0 })
  await assert.rejects(record, /too much at once/)
})

describe("a slot of a rate limit", () => {
  test("that passed a while ago is not used: the delivery takes another", async () => {
    const { id, arrived } = await world.addEndpoint({ rateLimit: 0.01 })
    world.receiver.behave(ok)
    for (let count = 0; count < 2; count++) await world.say()
    await world.pump()
    assert.equal(arrived().length, 1)
    const [one, other] = await world.deliveries({ endpointId: id })
    const waiting = [one!, other!].find(({ slot }) => slot !== undefined)!
    assert.equal(waiting.slot! - world.now(), 100_000)
    const message = messageOf(world, waiting, { again: true, turn: waiting.turn })
    // Held up until another has taken what came after.
    world.advance(100_000 + 5_000)
    await takeSlots(table(), tenant(), id, 1, 100_000)
    await deliver(world, [message])
    assert.equal(arrived().length, 1)
    const later = (await world.deliveries({ endpointId: id })).find(({ slot }) => slot)!
    assert.ok(later.slot! > world.now() + 90_000)
    world.advance(later.slot! + 4_999 - world.now())
    await deliver(world, [message])
    assert.equal(arrived().length, 1, "the message of the former slot is void")
    await deliver(world, [{ ...message, turn: later.turn }])
    assert.equal(arrived().length, 2)
  })
})
