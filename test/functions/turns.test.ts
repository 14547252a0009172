import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import type { SQSEvent } from "aws-lambda"
import { deliverHandler } from "@ringback/functions/deliver"
import { formatDelivery } from "@ringback/functions/messages/delivery"
import { retryNow } from "@ringback/functions/dispatch/redeliver"
import { plan } from "@ringback/functions/messages/retry-transport"
import { makeContext } from "@ringback/local/lambda"
import * as Delivery from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import * as Endpoint from "@ringback/store/endpoint"
import { deliveryId, deliveryRef } from "@ringback/store/item-keys"
import { answer, ok } from "../harness/receiver.ts"
import { pumpAll } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { deliver, failedOnce, messageOf, reread } from "./deliver.ts"

// One chain of retries for a delivery, whatever is duplicated, late, or lost.

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

describe("a message for a turn that is over", () => {
  for (const [what, rest, receiveCount] of [
    ["was received before", {}, 2],
    ["is marked as sent again", { again: true }, 1],
    ["is over a minute old", { madeAt: 0 }, 1],
  ] as const) {
    test(`is dropped unsent where it ${what}`, async () => {
      const { endpoint, delivery, message } = await failedOnce(world)
      const { batchItemFailures } = await deliver(world, [{ ...message, ...rest }], {
        receiveCount,
      })
      assert.deepEqual(batchItemFailures, [])
      assert.equal(endpoint.arrived().length, 1)
      assert.deepEqual(await reread(world, delivery), delivery)
    })
  }

  test("that is sent all the same and fails schedules nothing", async () => {
    const { delivery, message } = await failedOnce(world)
    world.receiver.behave((_, response) => answer(response, 500))
    await deliver(world, [message])
    assert.deepEqual(await reread(world, delivery), delivery)
  })

  test("that is sent all the same and arrives makes it delivered, and ends the other chain", async () => {
    const { endpoint, delivery, message } = await failedOnce(world)
    await deliver(world, [message])
    const settled = await reread(world, delivery)
    assert.equal(settled.status, "delivered")
    assert.ok(settled.turn > delivery.turn)
    await world.run()
    assert.equal(endpoint.arrived().length, 2, "the retry that was planned is void")
  })
})

describe("a function that is killed after it has written a failure, before it has sent the retry", () => {
  test("leaves a retry that comes in time all the same, with the message that comes again", async () => {
    const endpoint = await world.addEndpoint()
    world.receiver.behave((_, response) => answer(response, 500))
    await world.say()
    const retryUrl = `${world.deps.queues.retryUrl}-gone`
    const killed = { ...world.deps, queues: { ...world.deps.queues, retryUrl } }
    await pumpAll(world.stack, (name) => (name === "Delivery" ? killed : world.deps))
    const [delivery] = await world.deliveries({ endpointId: endpoint.id })
    world.receiver.behave(ok)
    await deliver(world, [messageOf(world, delivery!)], { receiveCount: 2 })
    assert.equal(endpoint.arrived().length, 1)
    world.advance(30_000)
    await world.pump()
    assert.equal(endpoint.arrived().length, 2)
    assert.equal((await reread(world, delivery!)).status, "delivered")
  })
})

describe("a message for a later turn", () => {
  test("never creates a delivery", async () => {
    const { id, arrived } = await world.addEndpoint()
    const ref = deliveryRef("evt_x", id, world.now())
    const facts = { ref, endpointId: id, eventId: "evt_x", eventType: "campaign.updated" }
    const { ref: _, ...rest } = facts
    await deliver(world, [
      {
        ...rest,
        v: 1,
        tenant: world.customer.tenant,
        madeAt: world.now(),
        turn: 3,
        deliveryId: deliveryId(ref),
      },
    ])
    assert.equal(arrived().length, 0)
    const { table } = world.deps
    assert.equal(
      await Delivery.get(table, world.customer.tenant, ref, { consistent: true }),
      undefined,
    )
    const won = await Delivery.advance(table, { ...facts, tenant: world.customer.tenant }, 3, {
      status: "pending",
    })
    assert.equal(won, "lost")
  })
})

describe("two copies of a retry at the same time", () => {
  test("may both be sent, but only one of them plans the next", async () => {
    const { delivery } = await failedOnce(world)
    world.receiver.behave((_, response) => answer(response, 500))
    const retry = messageOf(world, delivery, { turn: 1, again: true })
    await Promise.all([deliver(world, [retry]), deliver(world, [retry])])
    const after = await reread(world, delivery)
    assert.deepEqual([after.turn, after.attemptCount], [2, 2])
  })
})

describe("a manual retry", () => {
  test("is sent at once, voids what was planned, and the schedule goes on", async () => {
    const { endpoint, delivery } = await failedOnce(world)
    world.receiver.behave((_, response) => answer(response, 500))
    assert.equal(await retryNow(world.deps, delivery), true)
    await world.pump()
    const retried = await reread(world, delivery)
    assert.deepEqual([retried.status, retried.attemptCount], ["pending", 2])
    assert.ok(
      retried.nextAt! - world.now() > 4 * 60_000,
      "the second retry comes after five minutes",
    )
    assert.equal(await retryNow(world.deps, delivery), false, "out of date")
    world.receiver.behave(ok)
    await world.run()
    assert.equal(endpoint.arrived().length, 3)
    assert.equal((await reread(world, delivery)).status, "delivered")
  })
})

test("a manual retry is sent also if the response to its write was lost and the write repeated", async () => {
  const { endpoint, delivery } = await failedOnce(world)
  const now = world.now()
  const { due } = plan(now, now)
  const written = { status: "pending" as const, due, restarts: undefined }
  const { table } = world.deps
  assert.equal(await Delivery.advance(table, factsOfItem(delivery), delivery.turn, written), "won")
  assert.equal(await retryNow(world.deps, delivery), true)
  await world.pump()
  assert.equal(endpoint.arrived().length, 2)
  world.advance(1)
  assert.equal(await retryNow(world.deps, delivery), false, "somebody else's write")
})

describe("a delivery whose endpoint is no more", () => {
  test("is discarded with the reason on record", async () => {
    const { endpoint, delivery } = await failedOnce(world)
    await Endpoint.remove(world.deps.table, world.customer.tenant, endpoint.id)
    // What is cached may misdirect a POST for ten seconds.
    world.advance(11_000)
    await world.run()
    const { status, reason } = await reread(world, delivery)
    assert.deepEqual([status, reason], ["discarded", "the endpoint was deleted"])
    assert.equal(endpoint.arrived().length, 1)
  })
})

describe("a function with little time left", () => {
  test("begins no POST: the message stays in the queue", async () => {
    const { delivery } = await failedOnce(world)
    const retry = messageOf(world, delivery, { turn: 1, again: true })
    const event = {
      Records: [
        {
          messageId: "m",
          body: formatDelivery(retry),
          attributes: { ApproximateReceiveCount: "1" },
        },
      ],
    }
    const answered = await deliverHandler(world.deps)(
      event as unknown as SQSEvent,
      makeContext(19_000),
    )
    assert.deepEqual(answered, { batchItemFailures: [{ itemIdentifier: "m" }] })
  })
})
