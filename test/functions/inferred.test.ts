import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { FORGOTTEN } from "@ringback/events/message"
import { stampOf } from "../portal/say.ts"
import * as Gap from "@ringback/store/gap"
import { makeMessageId } from "../harness/heard.ts"
import { eventMessage, sendToIngest } from "../harness/system.ts"
import { campaignUpdate } from "../harness/world.ts"
import { world, A, B, send, beat, missed, pass, SECOND } from "./gaps-set-up.ts"

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

test("what was inferred of two gaps, one covered by nobody and one not decided yet, is believed at once", async () => {
  const { arrived } = await world.addEndpoint()
  const [uncovered, unknown] = [makeMessageId(), makeMessageId()]
  await Gap.decide(world.deps.table, world.customer.tenant, uncovered, false, world.now())
  const synthetic = { reason: "disconnected", gap: unknown, others: [uncovered] }
  await send(eventMessage(world.customer, campaignUpdate(), { synthetic }))
  await world.pump()
  assert.equal(arrived().length, 1)
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

test("an inferred end of a call without a known gap is told at once, at the time of its receipt", async () => {
  const { arrived } = await world.addEndpoint({ eventTypes: ["call.completed"] })
  const uuid = `call of ${world.customer.tenant}`
  const start: [string, string][] = [
    ["Event", "OutDialingCreate"],
    ["Uuid", uuid],
    ["DialAddr", "+4520123456"],
    ["Status", "0"],
    ["TmCreate", stampOf(world.now())],
  ]
  await send(eventMessage(world.customer, start, { receivedAt: world.now() }))
  await world.pump()
  world.advance(20 * SECOND)
  const end: [string, string][] = [
    ["Event", "OutDialingDelete"],
    ["Uuid", uuid],
  ]
  const synthetic = { reason: FORGOTTEN, gap: makeMessageId() }
  const receivedAt = world.now()
  await send(eventMessage(world.customer, end, { receivedAt, synthetic }))
  await world.pump()
  assert.deepEqual(
    arrived().map(({ data }) => data["endedAt"]),
    [stampOf(receivedAt)],
  )
})

describe("the end of a call that was inferred after a gap in which a twin was connected", () => {
  const SEVEN_MINUTES = 7 * 60

  async function infer(wasAwayBefore: boolean) {
    const { arrived } = await world.addEndpoint()
    await beat(A, world.now())
    await beat(B, world.now())
    await world.pump()
    world.advance(20 * SECOND)
    const [earlier, id] = [makeMessageId(), makeMessageId()]
    const others = wasAwayBefore ? [earlier] : []
    const { deps, customer } = world
    for (const each of others)
      await Gap.decide(deps.table, customer.tenant, each, false, world.now() - 60 * SECOND)
    await Gap.decide(deps.table, customer.tenant, id, true, world.now())
    const headers: [string, string][] = [
      ["Event", "OutDialingDelete"],
      ["Uuid", `call of ${world.customer.tenant}`],
    ]
    const about = { receivedAt: world.now(), collector: A }
    const synthetic = { reason: "disconnected", gap: id, ...(wasAwayBefore && { others }) }
    await send(eventMessage(world.customer, headers, { ...about, synthetic }))
    const sayReal = () => send(eventMessage(world.customer, headers, { ...about, collector: B }))
    return { arrived, sayReal }
  }

  for (const wasAwayBefore of [false, true]) {
    const before = wasAwayBefore ? ", with an earlier gap in which neither was" : ""

    test(`is told after seven minutes where nobody heard it: the PBX had forgotten the call${before}`, async () => {
      const { arrived } = await infer(wasAwayBefore)
      await pass(SEVEN_MINUTES - 30)
      assert.equal(arrived().length, 0)
      await pass(60)
      assert.deepEqual(
        arrived().map(({ type, synthetic }) => [type, synthetic]),
        [["dialing.deleted", true]],
      )
    })

    test(`is discarded where the twin heard it, also if that comes minutes later${before}`, async () => {
      const { arrived, sayReal } = await infer(wasAwayBefore)
      await pass(120)
      await sayReal()
      await pass(SEVEN_MINUTES)
      assert.deepEqual(
        arrived().map(({ type, synthetic }) => [type, synthetic]),
        [["dialing.deleted", undefined]],
      )
    })
  }
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
