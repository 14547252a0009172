import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { GetQueueAttributesCommand, PurgeQueueCommand } from "@aws-sdk/client-sqs"
import { retryNow } from "@ringback/functions/dispatch/redeliver"
import { compact, MAX_KEPT } from "@ringback/store/attempt"
import * as Delivery from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import * as Endpoint from "@ringback/store/endpoint"
import { deliveryId, deliveryRef } from "@ringback/store/item-keys"
import { answer, ok } from "../harness/receiver.ts"
import { startWorld, type World } from "../harness/world.ts"
import { deliver, failedOnce, messageOf, reread } from "./deliver.ts"

// What one attempt decides, and who may decide it.

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(async () => {
  await world.begin()
  for (const { url } of Object.values(world.stack.queues))
    await world.stack.sqs.send(new PurgeQueueCommand({ QueueUrl: url }))
})

const MINUTE = 60_000

async function waitingIn(name: "Retry" | "Jobs"): Promise<number> {
  const QueueUrl = world.stack.queues[name].url
  const { Attributes = {} } = await world.stack.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
  )
  const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesDelayed: delayed } =
    Attributes
  return Number(visible) + Number(delayed)
}

describe("an attempt whose turn another copy has decided", () => {
  test("plans no retry of its own: one message waits, however many copies failed", async () => {
    const { message } = await failedOnce(world)
    assert.equal(await waitingIn("Retry"), 1)
    world.receiver.behave((_, response) => answer(response, 500))
    await deliver(world, [message])
    assert.equal(await waitingIn("Retry"), 1)
  })

  test("has delivered all the same where its receiver took it: nothing planned is sent any more", async () => {
    const { delivery, message } = await failedOnce(world)
    world.receiver.behave(ok)
    await deliver(world, [message])
    const { status, attempts, turn } = await reread(world, delivery)
    assert.deepEqual([status, attempts.length], ["delivered", 2])
    const posts = world.receiver.arrived.length
    await deliver(world, [messageOf(world, delivery, { turn: turn - 1, again: true })])
    assert.equal(world.receiver.arrived.length, posts)
  })
})

describe("a delivery that fails for the last time", () => {
  /** One that has failed nine times, without nine attempts. */
  async function lastTry() {
    const { delivery } = await failedOnce(world)
    const facts = factsOfItem(delivery)
    let { turn } = delivery
    for (let tries = 1; tries < 9; tries++) {
      await Delivery.advance(world.deps.table, facts, turn++, {
        status: "pending",
        attempt: { ...delivery.attempts[0]!, id: `att_${tries}` },
        due: { at: world.now() + MINUTE, nextAt: world.now() + MINUTE },
      })
    }
    world.receiver.behave((_, response) => answer(response, 500))
    return { delivery, message: messageOf(world, delivery, { turn, again: true }) }
  }

  test("has failed, and says so once", async () => {
    const { delivery, message } = await lastTry()
    assert.deepEqual(await deliver(world, [message]), { batchItemFailures: [] })
    assert.equal((await reread(world, delivery)).status, "failed")
    assert.equal(await waitingIn("Jobs"), 1)
  })

  test("is not written where nobody could be told: the message comes again", async () => {
    const { delivery, message } = await lastTry()
    const { deps } = world
    const jobsUrl = `${deps.queues.jobsUrl}-gone`
    const deaf = { ...deps, queues: { ...deps.queues, jobsUrl } }
    const answered = await deliver(world, [message], { deps: deaf })
    assert.deepEqual(answered, { batchItemFailures: [{ itemIdentifier: "0" }] })
    assert.equal((await reread(world, delivery)).status, "pending")
  })

  test("has its schedule begin anew where somebody retries it by hand", async () => {
    const { delivery, message } = await lastTry()
    await deliver(world, [message])
    const failed = await reread(world, delivery)
    assert.equal(await retryNow(world.deps, failed), true)
    await world.pump()
    const retried = await reread(world, delivery)
    assert.deepEqual([retried.status, retried.tries, retried.attemptCount], ["pending", 1, 11])
    assert.equal(retried.nextAt! - retried.attempts.at(-1)!.at, 5_000)
  })
})

test("a delivery keeps its last fifty attempts and what each was answered, and counts them all", async () => {
  const { delivery } = await failedOnce(world)
  const facts = factsOfItem(delivery)
  let current = await reread(world, delivery)
  const bodyOf = (number: number) => `${number} `.repeat(number % 3 === 0 ? 1 : 40)
  for (let number = 2; number <= 53; number++) {
    const attempt = { ...delivery.attempts[0]!, id: `att_${number}`, responseBody: bodyOf(number) }
    const due = { at: world.now() + MINUTE, nextAt: world.now() + MINUTE }
    const kept = compact(attempt, current.attempts)
    await Delivery.advance(world.deps.table, facts, current.turn, {
      status: "pending",
      due,
      ...kept,
    })
    current = await reread(world, delivery)
    assert.equal(current.attemptCount, number)
    assert.equal(current.attempts.length, Math.min(number, MAX_KEPT))
  }
  const numbers = Array.from({ length: MAX_KEPT }, (_, index) => 4 + index)
  assert.deepEqual(
    current.attempts.map(({ id, responseBody }) => [id, responseBody]),
    numbers.map((number) => [`att_${number}`, bodyOf(number)]),
  )
})

describe("an operational event that cannot be delivered", () => {
  test("causes no other, and its endpoint is not told of its own failures", async () => {
    const failing = await world.addEndpoint({ eventTypes: ["campaign.*", "delivery.exhausted"] })
    const deaf = await world.addEndpoint({ eventTypes: ["delivery.exhausted"] })
    const told = await world.addEndpoint({ eventTypes: ["delivery.exhausted"] })
    world.receiver.behave((arrived, response) =>
      arrived.path === told.path ? ok(arrived, response) : answer(response, 500),
    )
    await world.say()
    await world.run()
    await world.run()
    assert.equal(deaf.arrived().length, 10)
    assert.deepEqual(
      told.arrived().map(({ data }) => data["endpointId"]),
      [failing.id],
    )
    assert.deepEqual(new Set(failing.arrived().map(({ type }) => type)).size, 1)
  })
})

describe("a message", () => {
  test("for a later turn of a delivery that does not exist is not posted, body or not", async () => {
    const { id, arrived } = await world.addEndpoint()
    const ref = deliveryRef("evt_x", id, world.now())
    const message = {
      v: 1 as const,
      tenant: world.customer.tenant,
      deliveryId: deliveryId(ref),
      endpointId: id,
      eventId: "evt_x",
      eventType: "campaign.updated",
      turn: 3,
      madeAt: world.now(),
      body: `{"type":"campaign.updated"}`,
    }
    assert.deepEqual(await deliver(world, [message]), { batchItemFailures: [] })
    assert.equal(arrived().length, 0)
  })

  test("that waited for its slot until the time was up is posted by another invocation", async () => {
    const { endpoint, delivery } = await failedOnce(world)
    let asked = 0
    const remainingMs = () => (asked++ === 0 ? 60_000 : 19_000)
    const retry = messageOf(world, delivery, { turn: 1, again: true })
    const answered = await deliver(world, [retry], { remainingMs })
    assert.deepEqual(answered, { batchItemFailures: [{ itemIdentifier: "0" }] })
    assert.equal(endpoint.arrived().length, 1)
    assert.deepEqual(await reread(world, delivery), delivery)
  })
})

describe("an endpoint that this worker remembers as disabled", () => {
  test("is read again before anything is held, and gets it where it is enabled", async () => {
    const { endpoint, delivery } = await failedOnce(world)
    const { tenant } = world.customer
    const set = (disabled: boolean) =>
      Endpoint.update(world.deps.table, tenant, endpoint.id, { disabled })
    await set(true)
    world.advance(11_000)
    const retry = messageOf(world, delivery, { turn: 1, again: true })
    await deliver(world, [retry])
    const held = await reread(world, delivery)
    assert.deepEqual([held.status, held.reason], ["held", "the endpoint is disabled (manual)"])
    await set(false)
    await deliver(world, [{ ...retry, turn: held.turn }])
    assert.equal((await reread(world, delivery)).status, "delivered")
    assert.equal(endpoint.arrived().length, 2)
  })
})
