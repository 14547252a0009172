import assert from "node:assert/strict"
import { after, before, beforeEach, describe, test } from "node:test"
import { type IngestMessage, FORGOTTEN } from "@ringback/events/message"
import { HEARTBEAT_SECONDS } from "@ringback/events/heartbeat"
import * as Gap from "@ringback/store/gap"
import { gapMessage, heartbeat, makeMessageId } from "../harness/heard.ts"
import { eventMessage, sendToIngest } from "../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000
const A = "A".repeat(22)
const B = "B".repeat(22)

const send = (message: IngestMessage) => sendToIngest(world.stack, world.customer, message)
const beat = (collector: string, connectedSince: number | null) =>
  send(heartbeat(world.customer, collector, connectedSince))
const missed = (
  collector: string,
  from: number,
  to: number,
  id = makeMessageId(),
  reason = "disconnected",
) => send(gapMessage(world.customer, collector, { from, to, id, reason }))

/** Lets so many seconds pass, with what the queues do in them. */
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
async function pass(seconds: number) {
  for (let left = seconds; left > 0; left -= 30) {
    await world.pump()
    world.advance(Math.min(left, 30) * SECOND)
  }
  await world.pump()
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

describe("what was inferred of two gaps, of the first of which the lists could not be asked for", () => {
  for (const [what, covered, isBelieved] of [
    ["covered by another collector", [true, true], false],
    ["of which the first was covered by nobody", [false, true], true],
    ["of which the second was covered by nobody", [true, false], true],
  ] as const) {
    test(`${what}: ${isBelieved ? "believed" : "discarded"}`, async () => {
      const { arrived } = await world.addEndpoint()
      const ids = [makeMessageId(), makeMessageId()] as const
      for (const [index, id] of ids.entries())
        await Gap.decide(world.deps.table, world.customer.tenant, id, covered[index]!, world.now())
      const synthetic = { reason: "disconnected", gap: ids[1], others: [ids[0]] }
      await send(eventMessage(world.customer, campaignUpdate(), { synthetic }))
      await world.pump()
      assert.equal(arrived().length, isBelieved ? 1 : 0)
    })
  }
})

test("what a module loaded anew forgot is believed at once, though a twin was connected", async () => {
  const { arrived } = await world.addEndpoint()
  await beat(B, world.now())
  const headers: [string, string][] = [
    ["Event", "OutDialingDelete"],
    ["Uuid", `forgotten by ${world.customer.tenant}`],
  ]
  const synthetic = { reason: FORGOTTEN, gap: makeMessageId() }
  for (const collector of [A, B])
    await send(eventMessage(world.customer, headers, { synthetic, collector }))
  await world.pump()
  assert.deepEqual(
    arrived().map(({ type, synthetic: isInferred }) => [type, isInferred]),
    [["dialing.deleted", true]],
  )
})

describe("the end of a call that was inferred after a gap in which a twin was connected", () => {
  const SEVEN_MINUTES = 7 * 60

  async function infer() {
    const { arrived } = await world.addEndpoint()
    await beat(A, world.now())
    await beat(B, world.now())
    await world.pump()
    world.advance(20 * SECOND)
    const id = makeMessageId()
    await Gap.decide(world.deps.table, world.customer.tenant, id, true, world.now())
    const headers: [string, string][] = [
      ["Event", "OutDialingDelete"],
      ["Uuid", `call of ${world.customer.tenant}`],
    ]
    const about = { receivedAt: world.now(), collector: A }
    const synthetic = { reason: "disconnected", gap: id }
    await send(eventMessage(world.customer, headers, { ...about, synthetic }))
    const sayReal = () => send(eventMessage(world.customer, headers, { ...about, collector: B }))
    return { arrived, sayReal }
  }

  test("is told after seven minutes where nobody heard it: the PBX had forgotten the call", async () => {
    const { arrived } = await infer()
    await pass(SEVEN_MINUTES - 30)
    assert.equal(arrived().length, 0)
    await pass(60)
    assert.deepEqual(
      arrived().map(({ type, synthetic }) => [type, synthetic]),
      [["dialing.deleted", true]],
    )
  })

  test("is discarded where the twin heard it, also if that comes minutes later", async () => {
    const { arrived, sayReal } = await infer()
    await pass(120)
    await sayReal()
    await pass(SEVEN_MINUTES)
    assert.deepEqual(
      arrived().map(({ type, synthetic }) => [type, synthetic]),
      [["dialing.deleted", undefined]],
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

describe("what was inferred after a gap", () => {
  const inferred = (gap: string) =>
    eventMessage(world.customer, campaignUpdate(), {
      collector: A,
      receivedAt: world.now(),
      synthetic: { reason: "disconnected", gap },
    })

  test("arrives, marked as synthetic, once the gap is decided", async () => {
    const { arrived } = await world.addEndpoint()
    const id = makeMessageId()
    await sendToIngest(world.stack, world.customer, inferred(id))
    await pass(30)
    assert.equal(arrived().length, 0)
    await missed(A, world.now() - 60 * SECOND, world.now(), id)
    await pass(60)
    const synthetic = arrived().filter(({ type }) => type === "campaign.updated")
    assert.deepEqual(
      synthetic.map((webhook) => webhook.synthetic),
      [true],
    )
  })

  test("is discarded, with the reason, where another collector was connected throughout", async () => {
    const { id: endpointId, arrived } = await world.addEndpoint()
    const id = makeMessageId()
    const start = world.now()
    await beat(B, start)
    await world.pump()
    world.advance(100 * SECOND)
    await beat(B, start)
    await world.pump()
    await sendToIngest(world.stack, world.customer, inferred(id))
    await missed(A, start + 10 * SECOND, start + 70 * SECOND, id)
    await pass(120)
    assert.equal(arrived().length, 0)
    const deliveries = await world.deliveries({ endpointId })
    assert.deepEqual(
      deliveries.map(({ status, reason }) => [status, reason]),
      [["discarded", "another collector was connected throughout the gap"]],
    )
  })

  test("is not kept from arriving by the same inference of another collector, which was refuted", async () => {
    const { arrived } = await world.addEndpoint()
    const start = world.now()
    await beat(B, start)
    await world.pump()
    world.advance(100 * SECOND)
    await beat(B, start)
    await world.pump()
    const [refuted, right] = [makeMessageId(), makeMessageId()]
    const headers = campaignUpdate()
    const say = (collector: string, gap: string) =>
      sendToIngest(
        world.stack,
        world.customer,
        eventMessage(world.customer, headers, {
          collector,
          receivedAt: world.now(),
          synthetic: { reason: "disconnected", gap },
        }),
      )
    await say(A, refuted)
    await missed(A, start + 10 * SECOND, start + 70 * SECOND, refuted)
    await pass(60)
    await say(B, right)
    await missed(B, world.now() - 20 * SECOND, world.now() - 10 * SECOND, right)
    await pass(300)
    assert.equal(arrived().filter(({ synthetic }) => synthetic).length, 1)
  })

  test("is not held for ever where its gap is never reported", async () => {
    const { arrived } = await world.addEndpoint()
    await sendToIngest(world.stack, world.customer, inferred(makeMessageId()))
    await pass(600)
    assert.equal(arrived().length, 1)
  })
})
