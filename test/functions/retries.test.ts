import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { RETRY_DELAYS_MS } from "@ringback/webhooks/retry-schedule"
import { answer, ok } from "../harness/receiver.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000
const HOUR = 3600 * SECOND

describe("an endpoint that always fails", () => {
  test("gets ten attempts over 75 h 35 min, then the delivery has failed and another endpoint is told", async () => {
    const failing = await world.addEndpoint({ eventTypes: ["campaign.*"] })
    const other = await world.addEndpoint({ eventTypes: ["delivery.exhausted"] })
    world.receiver.behave(({ webhook }, response) =>
      answer(response, webhook.type === "campaign.updated" ? 500 : 204, {}, "no"),
    )
    const startedAt = world.now()
    await world.say()
    await world.run()

    const [delivery] = await world.deliveries({ endpointId: failing.id })
    assert.equal(delivery!.status, "failed")
    assert.equal(delivery!.attemptCount, 10)
    assert.equal(failing.arrived().length, 10)
    assert.equal(new Set(failing.arrived().map(({ id }) => id)).size, 1)
    const gaps = delivery!.attempts.map(
      ({ at }, index, all) => at - (all[index - 1]?.at ?? startedAt),
    )
    gaps.slice(1).forEach((gap, index) => {
      const meant = RETRY_DELAYS_MS[index]!
      // `random` is 0.5 here: no jitter. Released to the second, and never early.
      assert.ok(gap >= meant && gap < meant + 90 * SECOND, `${gap} instead of ${meant}`)
    })
    assert.ok(Math.abs(world.now() - startedAt - 75.6 * HOUR) < HOUR)
    assert.deepEqual(delivery!.attempts[0], {
      ...delivery!.attempts[0]!,
      statusCode: 500,
      error: "answered 500",
      responseBody: "no",
    })
    const [notice, ...rest] = other.arrived()
    assert.deepEqual(rest, [])
    assert.equal(notice!.source, null)
    assert.deepEqual(Object.keys(notice!.data), ["deliveryId", "eventId", "endpointId", "attempts"])
    assert.equal(notice!.data["attempts"], 10)
  })
})

describe("an endpoint that recovers", () => {
  test("gets the event once more and no more", async () => {
    const { id, arrived } = await world.addEndpoint()
    let left = 2
    world.receiver.behave((_, response) => answer(response, left-- > 0 ? 503 : 200))
    await world.say()
    await world.run()
    assert.equal(arrived().length, 3)
    const [delivery] = await world.deliveries({ endpointId: id })
    assert.deepEqual([delivery!.status, delivery!.attemptCount], ["delivered", 3])
    assert.equal(delivery!.dueAt, undefined)
  })

  test("a redirect is a failure and is not followed", async () => {
    const { id } = await world.addEndpoint()
    const trap = world.receiver.url + "trap"
    world.receiver.behave(({ path }, response) =>
      answer(response, path === "/trap" ? 200 : 302, { location: trap }),
    )
    await world.say()
    await world.pump()
    const [delivery] = await world.deliveries({ endpointId: id })
    assert.deepEqual([delivery!.status, delivery!.attempts[0]!.statusCode], ["pending", 302])
    assert.ok(world.receiver.arrived.every(({ path }) => path !== "/trap"))
    world.receiver.behave(ok)
    await world.run()
  })
})

describe("Retry-After", () => {
  for (const [status, header, seconds] of [
    [429, "7200", 7200],
    [503, "100000", 86_400],
  ] as const) {
    test(`${status} with Retry-After: ${header} is left alone for ${seconds} s`, async () => {
      const { id } = await world.addEndpoint()
      world.receiver.behave((_, response) => answer(response, status, { "retry-after": header }))
      await world.say()
      await world.pump()
      const [delivery] = await world.deliveries({ endpointId: id })
      const waits = delivery!.nextAt! - delivery!.attempts[0]!.at
      assert.ok(Math.abs(waits - seconds * SECOND) < 5 * SECOND, `${waits}`)
      world.receiver.behave(ok)
      await world.run()
      assert.equal((await world.deliveries({ endpointId: id }))[0]!.status, "delivered")
    })
  }
})
