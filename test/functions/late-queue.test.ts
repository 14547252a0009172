import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import { parseDelivery, type DeliveryMessage } from "@ringback/functions/messages/delivery"
import * as BreakerState from "@ringback/store/breaker-state"
import { recordSlow } from "@ringback/store/health"
import { takeSlots } from "@ringback/store/rate-slots"
import { answer, ok } from "../harness/receiver.ts"
import { makeClients } from "../harness/stack.ts"
import { makeDeps, pump, pumpAll } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { deliver } from "./deliver.ts"

// Slots of a rate limit whose deliveries come late, or were taken while the endpoint was slow.

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1_000

/** All messages of the retry queue that are due, taken from it. */
async function takeRetries(): Promise<DeliveryMessage[]> {
  const { sqs, queues } = world.stack
  const QueueUrl = queues.Retry.url
  const taken: DeliveryMessage[] = []
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    )
    if (Messages.length === 0) return taken
    for (const { Body, ReceiptHandle } of Messages) {
      taken.push(parseDelivery(Body!))
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    }
  }
}

for (const lagSeconds of [0, 3, 7, 20]) {
  test(`a backlog at a rate limit is sent though the retry queue is ${lagSeconds} s late`, async () => {
    const { arrived } = await world.addEndpoint({ rateLimit: 1 })
    for (let count = 0; count < 60; count++) await world.say()
    while ((await pump(world.stack, world.deps, "Ingest")) > 0);
    while ((await pump(world.stack, world.deps, "Delivery")) > 0);
    const late: { at: number; message: DeliveryMessage }[] = []
    const sent = [arrived().length]
    for (let second = 0; second < 240; second++) {
      world.advance(SECOND)
      for (const message of await takeRetries())
        late.push({ at: world.now() + lagSeconds * SECOND, message })
      const due = late.filter(({ at }) => at <= world.now())
      for (const each of due) late.splice(late.indexOf(each), 1)
      const messages = due.map(({ message }) => message)
      if (messages.length > 0) await deliver(world, messages)
      sent.push(arrived().length)
    }
    assert.equal(arrived().length, 60)
    const tenSeconds = sent.slice(10).map((count, index) => count - sent[index]!)
    assert.ok(Math.max(...tenSeconds) <= 12, `${Math.max(...tenSeconds)} in 10 s`)
  })
}

test("a backlog at a rate limit is not sent all at once after a stall of 30 s", async (t) => {
  // A process that knows nothing of how late the queue was.
  const clients = makeClients(world.stack)
  t.after(() => clients.close())
  const { arrived } = await world.addEndpoint({ rateLimit: 5 })
  for (let count = 0; count < 300; count++) await world.say()
  while ((await pump(world.stack, world.deps, "Ingest")) > 0);
  while ((await pump(world.stack, world.deps, "Delivery")) > 0);
  world.advance(30 * SECOND)
  const before = arrived().length
  const late = await takeRetries()
  const deps = makeDeps(world.stack, { now: world.now, clients })
  assert.ok(late.length > 120, `${late.length} are late`)
  for (let from = 0; from < late.length; from += 10)
    await deliver(world, late.slice(from, from + 10), { deps })
  const atOnce = arrived().length - before
  assert.ok(atOnce <= 30, `${atOnce} at once`)
  for (let second = 0; second < 90; second++) {
    const sent = arrived().length
    world.advance(SECOND)
    await world.release()
    const perSecond = arrived().length - sent
    assert.ok(perSecond <= 11, `${perSecond} in a second`)
  }
  assert.equal(arrived().length, 300)
})

test("a rate limit holds after one slow answer, while slots of before are still used", async () => {
  const { id, arrived } = await world.addEndpoint({ rateLimit: 1 })
  await recordSlow(world.deps.table, world.customer.tenant, id)
  for (let count = 0; count < 150; count++) await world.say()
  await world.pump()
  for (let ten = 0; ten < 16; ten++) {
    const before = arrived().length
    if (ten === 7) for (let count = 0; count < 60; count++) await world.say()
    for (let second = 0; second < 10; second++) {
      world.advance(SECOND)
      await world.pump()
    }
    assert.ok(arrived().length - before <= 12, `${arrived().length - before} in 10 s`)
  }
})

for (const opens of [false, true]) {
  const how = opens ? "after its breaker opened" : "without a breaker that opens"
  test(`what waits for slots of the time when an endpoint was slow is sent soon, ${how}`, async () => {
    const { id } = await world.addEndpoint()
    const { table } = world.deps
    const { tenant } = world.customer
    await recordSlow(table, tenant, id)
    world.receiver.behave((_, response) => answer(response, 500))
    for (let count = 0; count < 3; count++) await world.say()
    await world.pump()
    // As if thousands had taken their slots before.
    await takeSlots(table, tenant, id, 1, 3_600 * SECOND)
    world.advance(2 * SECOND)
    const slowness = {
      isSlow: () => true,
      meanMs: () => 15_000,
      shortMs: () => undefined,
      watch: () => () => {},
    }
    for (let count = 0; count < 3; count++) await world.say()
    await pumpAll(world.stack, { ...makeDeps(world.stack, { now: world.now }), slowness })
    const withSlot = async () =>
      (await world.deliveries({ endpointId: id })).filter(({ slot }) => slot !== undefined)
    assert.equal((await withSlot()).length, 3)
    if (opens) {
      for (let failure = 0; failure < 10; failure++) {
        world.advance(15 * SECOND)
        await recordSlow(table, tenant, id)
        await BreakerState.recordFailures(table, tenant, id, 2)
      }
      await BreakerState.open(table, tenant, id, world.now() + 60 * SECOND)
    } else world.advance(150 * SECOND)
    world.receiver.behave(ok)
    for (let minute = 0; minute < 10; minute++) {
      world.advance(60 * SECOND)
      await world.say()
      await world.release()
    }
    assert.deepEqual(await withSlot(), [])
  })
}
