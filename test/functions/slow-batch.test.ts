import assert from "node:assert/strict"
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs"
import type { ServerResponse } from "node:http"
import { after, before, beforeEach, describe, test } from "node:test"
import * as Health from "@ringback/store/health"
import type { QueueName } from "../../infra/facts.ts"
import { answer, ok } from "../harness/receiver.ts"
import { makeDeps, pump } from "../harness/system.ts"
import { until } from "../harness/until.ts"
import { byPath, startWorld, type World } from "../harness/world.ts"

// A batch lasts as long as its slowest POST. What the others in it have brought about must not wait for that one.

let world: World
const logged: { event: string; fields: Record<string, unknown> }[] = []
before(async () => {
  const log = (event: string, fields: Record<string, unknown>) =>
    void logged.push({ event, fields })
  world = await startWorld({ log })
})
after(() => world.close())
beforeEach(() => world.begin())

/** How many messages of the queue are visible, in flight, delayed. */
async function count(name: QueueName) {
  const { url } = world.stack.queues[name]
  const { Attributes = {} } = await world.stack.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
  )
  const of = (suffix: string) =>
    Number((Attributes as Record<string, string>)[`ApproximateNumberOfMessages${suffix}`])
  return { visible: of(""), inFlight: of("NotVisible"), delayed: of("Delayed") }
}

/** Eight endpoints of one event: one that never answers until it is told to, one that says 500, and six that are well. */
async function beginBatch() {
  const hanging = await world.addEndpoint()
  const failing = await world.addEndpoint()
  const well = await Promise.all(Array.from({ length: 6 }, () => world.addEndpoint()))
  const open = Promise.withResolvers<ServerResponse>()
  world.receiver.behave(
    byPath(
      {
        [hanging.path]: (_, response) => open.resolve(response),
        [failing.path]: (_, response) => answer(response, 500),
      },
      (_, response) => answer(response, 204),
    ),
  )
  await world.say()
  await pump(world.stack, world.deps, "Ingest")
  let hasEnded = false
  const batch = pump(world.stack, world.deps, "Delivery").then((received) => {
    hasEnded = true
    return received
  })
  return { hanging, failing, well, batch, response: await open.promise, hasEnded: () => hasEnded }
}

async function finish() {
  world.receiver.behave(ok)
  await world.run()
}

describe("a batch with an endpoint that hangs", () => {
  test("does not keep back another endpoint's retry, which comes when it is planned", async () => {
    const { failing, batch, response, hasEnded } = await beginBatch()
    await until(async () => (await count("Retry")).delayed === 1)
    world.advance(6_000)
    await until(async () => (await pump(world.stack, world.deps, "Retry")) === 1)
    assert.equal(failing.arrived().length, 2)
    assert.equal(hasEnded(), false, "the first batch still waits")
    answer(response, 204)
    assert.equal(await batch, 8)
    assert.deepEqual(
      await count("Retry"),
      { visible: 0, inFlight: 0, delayed: 1 },
      "the second retry",
    )
    await finish()
  })

  test("keeps in the queue what is not done alone: a crash meanwhile repeats nothing else", async () => {
    const { hanging, well, batch, response, hasEnded } = await beginBatch()
    await until(async () => (await count("Delivery")).inFlight === 1)
    assert.equal(hasEnded(), false)
    // The function is gone, and its messages come again.
    world.advance(10 * 60_000)
    world.receiver.behave((_, again) => answer(again, 204))
    const fresh = makeDeps(world.stack, { now: world.now, random: () => 0.5 })
    assert.equal(await pump(world.stack, fresh, "Delivery"), 1)
    assert.equal(hanging.arrived().length, 2)
    for (const { arrived } of well) assert.equal(arrived().length, 1)
    answer(response, 204)
    await batch
    const [delivery] = await world.deliveries({ endpointId: hanging.id })
    assert.equal(delivery!.status, "delivered")
    await finish()
  })

  test("writes at once that an endpoint asked to be left alone", async () => {
    const hanging = await world.addEndpoint()
    const busy = await world.addEndpoint()
    const open = Promise.withResolvers<ServerResponse>()
    world.receiver.behave(
      byPath({ [hanging.path]: (_, response) => open.resolve(response) }, (_, response) =>
        answer(response, 429, { "retry-after": "30" }),
      ),
    )
    await world.say()
    await pump(world.stack, world.deps, "Ingest")
    let hasEnded = false
    const batch = pump(world.stack, world.deps, "Delivery").finally(() => (hasEnded = true))
    const response = await open.promise
    const { table } = world.deps
    const { tenant } = world.customer
    await until(async () => (await Health.get(table, tenant, busy.id)).pausedUntil !== undefined)
    assert.equal(hasEnded, false)
    answer(response, 204)
    await batch
    await finish()
  })

  test("says in the log how many messages it held back, and for how long", async () => {
    logged.length = 0
    const { batch, response } = await beginBatch()
    await until(async () => (await count("Delivery")).inFlight === 1)
    answer(response, 204)
    await batch
    const [held, ...rest] = logged.filter(({ event }) => event === "messages.early-deletion")
    assert.deepEqual(rest, [])
    assert.equal(held!.fields["deleted"], 7)
    assert.ok(Number(held!.fields["maxWaitMs"]) >= 750)
    await finish()
  })
})

describe("a batch of quick endpoints", () => {
  test("deletes nothing by itself", async () => {
    logged.length = 0
    await world.addEndpoint()
    await world.say()
    await world.pump()
    assert.ok(logged.some(({ event }) => event === "batch.delivered"))
    assert.ok(!logged.some(({ event }) => event === "messages.early-deletion"))
  })
})
