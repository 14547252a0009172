import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { HEARTBEAT_SECONDS } from "@ringback/events/heartbeat"
import { heartbeat, makeMessageId } from "../harness/heard.ts"
import { eventMessage } from "../harness/system.ts"
import { campaignUpdate } from "../harness/world.ts"
import { world, A, B, send, beat, missed, pass, SECOND } from "./gaps-set-up.ts"

/** A was away from 20 to 100 s, B from 60 to 140 s: together from 60 to 100 s. Neither has said so. */
async function bothAway() {
  const { arrived } = await world.addEndpoint()
  const start = world.now()
  await beat(A, start)
  await beat(B, start)
  await world.pump()
  world.advance(200 * SECOND)
  await beat(A, start + 100 * SECOND)
  await beat(B, start + 140 * SECOND)
  const missedByA = () => missed(A, start + 20 * SECOND, start + 100 * SECOND)
  const missedByB = () => missed(B, start + 60 * SECOND, start + 140 * SECOND)
  return { arrived, start, missedByA, missedByB }
}

const iso = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}000000Z`

describe("one collector", () => {
  test("that missed something: a source.gap at once, with when, why and what was inferred", async () => {
    const { arrived } = await world.addEndpoint()
    const from = world.now() - 90 * SECOND
    await missed(A, from, from + 60 * SECOND)
    await beat(A, from + 60 * SECOND)
    await world.pump()
    assert.deepEqual(
      arrived().map(({ type, source, data }) => [type, source, data]),
      [
        [
          "source.gap",
          world.customer.source.source.id,
          {
            from: iso(from),
            to: iso(from + 60 * SECOND),
            reason: "disconnected",
            inferred: { "campaign.updated": 1 },
          },
        ],
      ],
    )
  })
})

describe("a gap without a length, as of one event that a full disk refused", () => {
  for (const reason of ["spool-full", "spool-damaged", "disconnected"])
    test(`${reason}: told, and what was inferred of it is sent`, async () => {
      const { arrived } = await world.addEndpoint()
      await beat(A, world.now())
      await world.pump()
      const [at, id] = [world.now(), makeMessageId()]
      world.advance(6 * SECOND)
      const inferred = { collector: A, synthetic: { reason, gap: id } }
      await send(eventMessage(world.customer, campaignUpdate(), inferred))
      await missed(A, at, at, id, reason)
      await pass(300)
      assert.deepEqual(
        arrived().map(({ type, data }) => [type, data["from"], data["to"]]),
        [
          ["source.gap", iso(at), iso(at)],
          ["campaign.updated", undefined, undefined],
        ],
      )
    })

  test("not told where another collector read the PBX at that moment", async () => {
    const { arrived } = await world.addEndpoint()
    const start = world.now()
    for (const collector of [A, B]) await beat(collector, start)
    await world.pump()
    world.advance(60 * SECOND)
    for (const collector of [A, B]) await beat(collector, start)
    await world.pump()
    await missed(A, start + 30 * SECOND, start + 30 * SECOND, makeMessageId(), "spool-full")
    await pass(300)
    assert.deepEqual(arrived(), [])
  })
})

describe("a check of a collector's settings", () => {
  test("is nobody: the gap of a collector beside it is told at once", async () => {
    const { arrived } = await world.addEndpoint()
    const start = world.now()
    await beat(A, start)
    await send({ ...heartbeat(world.customer, B, null), check: true })
    await world.pump()
    world.advance(60 * SECOND)
    await missed(A, start + 10 * SECOND, start + 50 * SECOND)
    await world.pump()
    assert.deepEqual(
      arrived().map(({ type }) => type),
      ["source.gap"],
    )
  })
})

describe("two collectors", () => {
  test("of which one was there throughout: no gap, though its word comes later", async () => {
    const { arrived } = await world.addEndpoint()
    const start = world.now()
    await beat(A, start)
    await beat(B, start)
    await world.pump()
    world.advance(60 * SECOND)
    await missed(A, start + 10 * SECOND, start + 50 * SECOND)
    await pass(30)
    assert.equal(arrived().length, 0)
    await beat(B, start)
    await pass(300)
    assert.equal(arrived().length, 0)
  })

  test("of which the other had just sent a heartbeat: its next one is waited for", async () => {
    const { arrived } = await world.addEndpoint()
    const start = world.now()
    await beat(A, start)
    await beat(B, start)
    await world.pump()
    world.advance(5 * SECOND)
    await missed(A, start + 1 * SECOND, start + 4 * SECOND)
    await pass(HEARTBEAT_SECONDS - 10)
    assert.equal(arrived().length, 0)
    world.advance(5 * SECOND)
    await beat(B, start)
    await pass(300)
    assert.equal(arrived().length, 0)
  })

  test("that were both away for a while: one gap that names that while, exactly", async () => {
    const { arrived, start, missedByA, missedByB } = await bothAway()
    await missedByA()
    await pass(60)
    await missedByB()
    await pass(300)
    assert.deepEqual(
      arrived().map(({ type, data }) => [type, data["from"], data["to"]]),
      [["source.gap", iso(start + 60 * SECOND), iso(start + 100 * SECOND)]],
    )
  })

  test("that were both away for a while: told without waiting where both have said all", async () => {
    const { arrived, missedByA, missedByB } = await bothAway()
    await missedByB()
    await world.pump()
    await missedByA()
    await world.pump()
    assert.equal(arrived().length, 1)
  })

  test("of which one could not take what both read: told, though the other was connected", async () => {
    const { arrived } = await world.addEndpoint()
    const start = world.now()
    await beat(B, start)
    await world.pump()
    world.advance(60 * SECOND)
    await beat(B, start)
    await beat(A, start)
    await missed(A, start + 30 * SECOND, start + 30 * SECOND, makeMessageId(), "oversized")
    await pass(30)
    assert.deepEqual(
      arrived().map(({ data }) => data["reason"]),
      ["oversized"],
    )
  })

  test("of which one is not heard of any more: the gap is told after a few minutes", async () => {
    const { arrived } = await world.addEndpoint()
    const start = world.now()
    await beat(A, start)
    await beat(B, start)
    await world.pump()
    world.advance(60 * SECOND)
    await missed(A, start + 30 * SECOND, start + 50 * SECOND)
    await pass(60)
    assert.equal(arrived().length, 0)
    await pass(180)
    assert.equal(arrived().length, 1)
  })
})
