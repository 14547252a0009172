import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { describe, test } from "node:test"
import * as Delivery from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import * as Endpoint from "@ringback/store/endpoint"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Health from "@ringback/store/health"
import { ok } from "../harness/receiver.ts"
import { campaignUpdate } from "../harness/world.ts"
import { world, tenant, table, statuses, failsFor } from "./recorded.ts"

const SECOND = 1000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

describe("Deliver and Release", () => {
  test("an event too large for a message, which is read from the table", async () => {
    const { arrived } = await world.addEndpoint()
    await world.say([...campaignUpdate(), ["Variable", `long=${"x".repeat(100_000)}`]])
    await world.pump()
    assert.equal(arrived().length, 1)
  })

  test("retries, soon and late, and when there are no more", async () => {
    const failing = await world.addEndpoint({ eventTypes: ["campaign.*"] })
    const other = await world.addEndpoint({ eventTypes: ["delivery.exhausted"] })
    failsFor(500)
    await world.say()
    await world.run(world.now() + 60 * MINUTE)
    const [delivery] = (await world.deliveries({ endpointId: failing.id })) as [Delivery.Delivery]
    assert.equal(delivery.attemptCount, 4)
    // The rest of its attempts are no other calls: they are said to be over.
    const facts = factsOfItem(delivery)
    const due = { at: world.now(), nextAt: world.now() }
    for (let turn = delivery.turn; turn < 9; turn++) {
      const attempt = { ...delivery.attempts[0]!, id: `att_${turn}` }
      await Delivery.advance(table(), facts, turn, { status: "pending", attempt, due })
    }
    await world.release()
    assert.deepEqual(await statuses(failing.id), ["failed"])
    assert.equal(other.arrived().length, 1)
  })

  test("an endpoint that is gone", async () => {
    const gone = await world.addEndpoint({ eventTypes: ["campaign.*"] })
    const other = await world.addEndpoint({ eventTypes: ["endpoint.disabled"] })
    failsFor(500)
    await world.say()
    await world.pump()
    failsFor(410)
    await world.say()
    await world.pump()
    assert.deepEqual(await statuses(gone.id), ["held", "held"])
    assert.equal(other.arrived().length, 1)
  })

  test("an endpoint that asks for a pause, one over its rate, one that is slow", async () => {
    const paused = await world.addEndpoint()
    failsFor(429)
    await world.say()
    await world.pump()
    world.receiver.behave(ok)
    const limited = await world.addEndpoint({ rateLimit: 0.1 })
    // One event alone: a second would wait for its slot, and what is done meanwhile might be deleted early.
    const uuid = randomUUID()
    const slow = await world.addEndpoint({ filter: { "data.uuid": [uuid] } })
    await Health.recordSlow(table(), tenant(), slow.id)
    await Health.pause(table(), tenant(), paused.id, world.now() + 60 * MINUTE)
    world.advance(11 * SECOND)
    for (let count = 0; count < 2; count++) await world.say()
    await world.say(campaignUpdate(uuid))
    await world.pump()
    assert.ok((await statuses(paused.id)).includes("pending"))
    assert.deepEqual((await statuses(limited.id)).sort(), ["delivered", "pending", "pending"])
    assert.deepEqual(await statuses(slow.id), ["delivered"])
    await world.run()
    assert.equal(new Set(limited.arrived().map((webhook) => webhook.id)).size, 3)
  })

  test("an endpoint that rests, is probed, wakes, and is awake", async () => {
    const { id, arrived } = await world.addEndpoint()
    await BreakerState.recordFailures(table(), tenant(), id, 20)
    world.advance(3 * MINUTE)
    failsFor(500)
    await world.say()
    await world.pump()
    assert.equal((await Health.get(table(), tenant(), id)).state, "resting")
    for (let count = 0; count < 3; count++) await world.say()
    await world.pump()
    assert.equal(arrived().length, 1)
    world.receiver.behave(ok)
    await world.run()
    assert.deepEqual(await statuses(id), Array(4).fill("delivered"))
    for (let minute = 0; minute < 6; minute++) {
      world.advance(MINUTE)
      await world.release()
    }
    assert.equal((await Health.get(table(), tenant(), id)).state, undefined)
  })

  test("a probe that its transform does not want is followed by another", async () => {
    const { id } = await world.addEndpoint({ transform: "null" })
    await BreakerState.recordFailures(table(), tenant(), id, 20)
    await BreakerState.open(table(), tenant(), id, world.now())
    world.advance(11 * SECOND)
    for (let count = 0; count < 2; count++) await world.say()
    await world.pump()
    assert.deepEqual(await statuses(id), ["pending", "pending"])
    world.advance(MINUTE)
    await world.release()
    assert.deepEqual(await statuses(id), ["discarded", "discarded"])
    await BreakerState.resetAndWake(table(), tenant(), id)
  })

  test("an endpoint that was deleted while its breaker opened, and for which nothing waits", async () => {
    const { id } = await world.addEndpoint()
    await BreakerState.recordFailures(table(), tenant(), id, 20)
    world.advance(3 * MINUTE)
    failsFor(500)
    await world.say()
    await world.pump()
    assert.equal((await Health.get(table(), tenant(), id)).state, "resting")
    await Endpoint.remove(table(), tenant(), id)
    for (let minute = 0; minute < 20; minute++) {
      world.advance(MINUTE)
      await world.release()
    }
    assert.equal((await Health.get(table(), tenant(), id)).state, undefined)
  })

  for (const isProven of [false, true]) {
    const what = isProven ? "though a delivery arrived meanwhile" : "and is disabled for it"
    test(`an endpoint that has failed for five days, ${what}`, async () => {
      const { id } = await world.addEndpoint()
      if (isProven) await world.say()
      await world.pump()
      await BreakerState.recordFailures(table(), tenant(), id, 1)
      if (isProven) await world.say()
      await world.pump()
      world.advance(5.1 * DAY)
      failsFor(500)
      await world.say()
      await world.pump()
      const endpoint = await Endpoint.get(table(), tenant(), id)
      assert.equal(endpoint!.disabled, !isProven)
    })
  }
})
