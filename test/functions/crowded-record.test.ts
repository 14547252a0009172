import assert from "node:assert/strict"
import { test } from "node:test"
import { answer } from "../harness/receiver.ts"
import { until } from "../harness/until.ts"
import { deliver, messageOf } from "./deliver.ts"
import { failing, LATEST, named, say, statuses, time, update, world } from "./order-set-up.ts"

const COUNT = 9

test("many versions of a record at a receiver that takes its time do not wait in a worker", async () => {
  const { id, arrived } = await world.addEndpoint(LATEST)
  failing()
  await say(...Array.from({ length: COUNT }, (_, second) => update(second + 1)))
  world.receiver.arrived.length = 0
  const answering = Promise.withResolvers<void>()
  world.receiver.behave(async (_, response) => {
    await answering.promise
    answer(response, 204)
  })
  world.advance(1_000)
  const deliveries = await world.deliveries({ endpointId: id })
  const messages = deliveries.map((each) => messageOf(world, each, { turn: 1, again: true }))
  // The oldest version first: none of the others is superseded by it.
  const oldest = messages.pop()!
  const first = deliver(world, [oldest])
  await until(() => arrived().length === 1)
  const askedAt = world.now()
  await deliver(world, messages)
  assert.equal(arrived().length, 1, "the receiver has not answered yet")
  const waiting = (await world.deliveries({ endpointId: id })).filter(
    ({ eventId }) => eventId !== oldest.eventId,
  )
  assert.equal(waiting.length, COUNT - 1)
  for (const { status, turn, attemptCount, nextAt } of waiting) {
    assert.deepEqual([status, turn, attemptCount], ["pending", 1, 1])
    const waitMs = nextAt! - askedAt
    assert.ok(waitMs >= 2_000 && waitMs <= 10_000, `${waitMs}`)
  }
  answering.resolve()
  await first
  await world.run()
  const sent = arrived()
  assert.deepEqual(
    sent.map(({ version }) => version),
    sent.map(({ version }) => version).toSorted(),
  )
  assert.equal(named(sent.at(-1)!), `at ${COUNT}`)
  assert.equal(sent.at(-1)!.version, `${time(COUNT)}/1`)
  const left = (await statuses(id)).filter(([status]) => status === "pending")
  assert.deepEqual(left, [])
})

test("the longer a version has waited for others, the later it looks again, within ten seconds", async () => {
  const { id } = await world.addEndpoint(LATEST)
  failing()
  await say(update(1), update(2))
  const answering = Promise.withResolvers<void>()
  world.receiver.behave(async (_, response) => {
    await answering.promise
    answer(response, 204)
  })
  const [newer, older] = (await world.deliveries({ endpointId: id })).map((each) =>
    messageOf(world, each, { turn: 1, again: true }),
  )
  world.receiver.arrived.length = 0
  const first = deliver(world, [older!])
  await until(() => world.receiver.arrived.length === 1)
  const waits: number[] = []
  for (const ageMs of [1_000, 5_000, 20_000]) {
    world.advance(ageMs)
    await deliver(world, [newer!])
    const { nextAt } = (await world.deliveries({ endpointId: id }))[0]!
    waits.push(Math.round((nextAt! - world.now()) / 500) / 2)
  }
  assert.deepEqual(waits, [2, 3, 10])
  answering.resolve()
  await first
})
