import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { makeSlowness } from "@ringback/functions/endpoint/slow-endpoints"
import { poolSlots } from "@ringback/functions/deliver/slots"
import * as Health from "@ringback/store/health"
import { takeSlots } from "@ringback/store/rate-slots"
import { answer, ok } from "../harness/receiver.ts"
import { makeClients } from "../harness/stack.ts"
import { makeDeps, pump } from "../harness/system.ts"
import { until } from "../harness/until.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000

describe("a rate limit", () => {
  test("is kept by workers side by side: a slot each, one atomic write, none shared", async () => {
    const { table } = world.deps
    const { tenant } = world.customer
    const slots = await Promise.all(
      Array.from({ length: 40 }, () => takeSlots(table, tenant, "ep_x", 1, 250)),
    )
    const sorted = slots.sort((a, b) => a - b)
    assert.equal(sorted[0], world.now())
    assert.deepEqual(
      sorted,
      sorted.map((_, index) => world.now() + index * 250),
    )
  })

  test("gives a batch its slots in two writes, and goes on after a failure", async () => {
    const clients = makeClients(world.stack)
    let requests = 0
    let isUp = true
    clients.dynamodb.middlewareStack.add(
      (next) => async (args) => {
        if (!isUp) throw new Error("the table is away")
        requests++
        return next(args)
      },
      { step: "deserialize", priority: "low" },
    )
    const takeSlot = poolSlots({ ...world.deps.table, client: clients.dynamodb })
    const askForAll = (endpointId: string) =>
      Array.from({ length: 10 }, () => takeSlot(world.customer.tenant, endpointId, 250))
    const slots = await Promise.all(askForAll("ep_pooled"))
    assert.deepEqual(
      slots,
      slots.map((_, index) => world.now() + index * 250),
    )
    // The first takes one that is free now. Of the others nothing is free now, which is a refused write.
    assert.equal(requests, 3)
    isUp = false
    const refused = await Promise.allSettled(askForAll("ep_pooled"))
    assert.ok(refused.every(({ status }) => status === "rejected"))
    isUp = true
    const others = ["ep_pooled", "ep_other"].map((id) => Promise.all(askForAll(id)))
    const firsts = (await Promise.all(others)).map(([first]) => first)
    assert.deepEqual(firsts, [world.now() + 10 * 250, world.now()])
    clients.close()
  })

  test("of one a second: a burst is parked once each and arrives no faster", async () => {
    const { id, arrived } = await world.addEndpoint({ rateLimit: 1 })
    const times: number[] = []
    world.receiver.behave((_, response) => {
      times.push(world.now())
      answer(response, 204)
    })
    for (let count = 0; count < 20; count++) await world.say()
    // A worker of its own for each batch, each with nothing cached.
    const [one, two] = [
      makeDeps(world.stack, { now: world.now }),
      makeDeps(world.stack, { now: world.now }),
    ]
    await pump(world.stack, one, "Ingest")
    await pump(world.stack, two, "Ingest")
    await Promise.all([pump(world.stack, one, "Delivery"), pump(world.stack, two, "Delivery")])
    assert.ok(arrived().length <= 2, `${arrived().length} at once`)
    const parked = (await world.deliveries({ endpointId: id })).filter(({ slot }) => slot)
    assert.ok(parked.length >= 18)
    assert.ok(parked.every(({ turn, attemptCount }) => turn === 1 && attemptCount === 0))

    // No `release` is needed: a slot within the quarter of an hour comes by a delayed message.
    for (let second = 0; second < 40 && arrived().length < 20; second++) {
      world.advance(SECOND)
      await world.pump()
    }
    assert.equal(arrived().length, 20)
    assert.equal(new Set(arrived().map((webhook) => webhook.id)).size, 20)
    const perSecond = Map.groupBy(times, (time) => Math.floor(time / SECOND))
    assert.ok([...perSecond.values()].every(({ length }) => length <= 2))
  })
})

describe("an endpoint that says it is too much", () => {
  for (const [status, headers, seconds] of [
    [429, {}, 5],
    [502, {}, 5],
    [504, {}, 5],
    [503, { "retry-after": "40" }, 40],
    [429, { "retry-after": "9000" }, 60],
  ] as const) {
    test(`(${status} ${JSON.stringify(headers)}) gets nothing new for ${seconds} s, the others go on`, async () => {
      const throttled = await world.addEndpoint()
      const other = await world.addEndpoint()
      const path = throttled.path
      world.receiver.behave((arrived, response) =>
        arrived.path === path ? answer(response, status, headers) : ok(arrived, response),
      )
      await world.say()
      await world.pump()
      world.receiver.behave(ok)
      for (let count = 0; count < 3; count++) await world.say()
      await world.pump()
      assert.deepEqual([throttled.arrived().length, other.arrived().length], [1, 4])
      const waiting = (await world.deliveries({ endpointId: throttled.id })).filter(
        ({ attemptCount }) => attemptCount === 0,
      )
      assert.equal(waiting.length, 3)
      world.advance((seconds - 1) * SECOND)
      await world.pump()
      const news = () => new Set(throttled.arrived().map((webhook) => webhook.id)).size
      assert.equal(news(), 1)
      for (let second = 0; second < 10; second++) {
        world.advance(SECOND)
        await world.pump()
      }
      assert.equal(news(), 4)
    })
  }
})

describe("an endpoint that is slow to answer", () => {
  test("is given the other queue, so that first attempts of the others do not wait for it", async () => {
    const { tenant } = world.customer
    const slow = await world.addEndpoint()
    const quick = await world.addEndpoint()
    await Health.recordSlow(world.deps.table, tenant, slow.id)
    await world.say()
    await pump(world.stack, world.deps, "Ingest")
    await pump(world.stack, world.deps, "Delivery")
    assert.deepEqual([slow.arrived().length, quick.arrived().length], [0, 1])
    await pump(world.stack, world.deps, "Retry")
    assert.deepEqual([slow.arrived().length, quick.arrived().length], [1, 1])
    assert.deepEqual(
      (await world.deliveries({ endpointId: slow.id })).map(({ status }) => status),
      ["delivered"],
    )
  })

  test("is noticed while it has not answered yet, by its own process and through the table by others", async () => {
    const { id } = await world.addEndpoint()
    const held = Promise.withResolvers<void>()
    world.receiver.behave(async (arrived, response) => {
      await held.promise
      await ok(arrived, response)
    })
    await world.say()
    await pump(world.stack, world.deps, "Ingest")
    // Looked at so often that some looks come in time on the busiest machine.
    const slowness = makeSlowness(world.now, 10)
    const delivering = pump(world.stack, { ...world.deps, slowness }, "Delivery")
    await until(() => slowness.isSlow(id))
    const { tenant } = world.customer
    await until(async () => (await Health.get(world.deps.table, tenant, id)).slowAt !== undefined)
    held.resolve()
    await delivering
  })
})
