import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as Gap from "@ringback/store/gap"
import { letReadsMiss } from "../harness/lagging.ts"
import { makeClients } from "../harness/stack.ts"
import { eventMessage, makeDeps, pump, sendToIngest } from "../harness/system.ts"
import type { Pair } from "../events/capture.ts"
import {
  world,
  CALLS,
  dataOf,
  ofType,
  say,
  settle,
  UUID,
  timeOf,
  dialing,
  ANSWERED,
  BUSY,
  shuffled,
} from "./calls-set-up.ts"

describe("a call", () => {
  test("is told in three moments, with its times", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    await say(ANSWERED.map((state) => dialing(state)))
    const told = arrived().toSorted((a, b) => (a.version < b.version ? -1 : 1))
    assert.deepEqual(
      told.map(({ type, version }) => [type, version]),
      [
        ["call.started", `${timeOf(0)}/0`],
        ["call.answered", `${timeOf(9)}/1`],
        ["call.completed", `${timeOf(30)}/2`],
      ],
    )
    const { outcome, ringSeconds, talkSeconds, attempt, hangupCause } = dataOf(told[2]!)
    assert.deepEqual(
      [outcome, ringSeconds, talkSeconds, attempt, hangupCause],
      ["answered", 9, 21, 2, 16],
    )
    assert.deepEqual(
      [dataOf(told[0]!).outcome, dataOf(told[0]!).endedAt, dataOf(told[1]!).answeredAt],
      [null, null, timeOf(9)],
    )
  })

  test("is told of while it goes on: its answer before its end", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    const told = () =>
      arrived()
        .map(({ type }) => type.replace("call.", ""))
        .sort()
    const [ringing, answered, over] = [
      ANSWERED.slice(0, 2),
      ANSWERED.slice(2, 3),
      ANSWERED.slice(3),
    ]
    await say(ringing.map((state) => dialing(state)))
    assert.deepEqual(told(), ["started"])
    await say(answered.map((state) => dialing(state)))
    assert.deepEqual(told(), ["answered", "started"])
    await say(over.map((state) => dialing(state)))
    assert.deepEqual(told(), ["answered", "completed", "started"])
  })

  test("that is first heard of at its answer is told as started, too", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    await say(ANSWERED.slice(2, 3).map((state) => dialing(state)))
    const told = arrived().map(({ type }) => type)
    assert.deepEqual(told.sort(), ["call.answered", "call.started"])
  })

  test("that is not answered has no answer, and talked for no time", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    await say(BUSY.map((state) => dialing(state)))
    assert.deepEqual(
      arrived()
        .map(({ type }) => type)
        .sort(),
      ["call.completed", "call.started"],
    )
    const { outcome, ringSeconds, talkSeconds, answeredAt } = dataOf(
      ofType(arrived(), "call.completed")[0]!,
    )
    assert.deepEqual([outcome, ringSeconds, talkSeconds, answeredAt], ["busy", 4, 0, null])
  })

  test("whose end is heard before its answer waits for it, in any order", async () => {
    for (let seed = 1; seed <= 12; seed++) {
      await world.begin()
      const { arrived } = await world.addEndpoint(CALLS)
      const events = shuffled([...ANSWERED, ...ANSWERED], seed).map((state) => dialing(state))
      await say(events, ["A", "B"])
      assert.deepEqual(
        arrived()
          .map(({ type }) => type)
          .sort(),
        ["call.answered", "call.completed", "call.started"],
        `seed ${seed}`,
      )
      const { answeredAt, outcome } = dataOf(ofType(arrived(), "call.completed")[0]!)
      assert.deepEqual([answeredAt, outcome], [timeOf(9), "answered"], `seed ${seed}`)
    }
  })

  test("whose end waited is told by a worker whose reads are late", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    const message = eventMessage(world.customer, dialing(ANSWERED[5]!))
    await sendToIngest(world.stack, world.customer, message)
    await world.pump()
    assert.equal(ofType(arrived(), "call.completed").length, 0)
    world.advance(6000)
    const clients = makeClients(world.stack)
    letReadsMiss(clients.dynamodb)
    await pump(world.stack, makeDeps(world.stack, { now: world.now, clients }), "Jobs")
    await world.pump()
    assert.equal(ofType(arrived(), "call.completed").length, 1)
    clients.close()
  })

  test("whose end alone is heard is told without the time of the answer", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    await say([dialing(ANSWERED[5]!)])
    assert.deepEqual(
      arrived()
        .map(({ type }) => type)
        .sort(),
      ["call.answered", "call.completed", "call.started"],
    )
    const { answeredAt, talkSeconds, outcome } = dataOf(ofType(arrived(), "call.completed")[0]!)
    assert.deepEqual([answeredAt, talkSeconds, outcome], [null, null, "answered"])
  })

  test("whose delete bears the Uuid alone ends as it was last heard of", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    const bare: Pair[] = [
      ["Event", "OutDialingDelete"],
      ["Uuid", UUID],
    ]
    await say([...ANSWERED.slice(0, 3).map((state) => dialing(state)), bare])
    const [completed] = ofType(arrived(), "call.completed")
    const { outcome, answeredAt, number, campaign } = dataOf(completed!)
    assert.deepEqual(
      [outcome, answeredAt, number, campaign.uuid],
      ["answered", timeOf(9), "+4520123456", "c-1"],
    )
    await world.begin()
    const ringing = await world.addEndpoint(CALLS)
    await say([...ANSWERED.slice(0, 2).map((state) => dialing(state)), bare])
    assert.equal(dataOf(ofType(ringing.arrived(), "call.completed")[0]!).outcome, null)
  })
})

describe("an end that was inferred after a gap", () => {
  const GAP = "g".repeat(22)
  const infer = (headers: Pair[]) =>
    sendToIngest(
      world.stack,
      world.customer,
      eventMessage(world.customer, headers, { synthetic: { reason: "disconnected", gap: GAP } }),
    )
  const inferredEnd = dialing(["Delete", 1, 0, 0, 1])
  const to = Date.parse("2026-11-22T11:30:00Z")
  const decide = (isCovered: boolean) =>
    Gap.decide(world.deps.table, world.customer.tenant, GAP, isCovered, to)

  for (const [what, heard, outcome] of [
    ["has no outcome", ANSWERED.slice(0, 2), null],
    ["is answered where that was heard", ANSWERED.slice(0, 3), "answered"],
  ] as const) {
    test(`${what}, bears the gap's end, and the real end tells nothing more`, async () => {
      const { arrived } = await world.addEndpoint(CALLS)
      await say(heard.map((state) => dialing(state)))
      await decide(false)
      await infer(inferredEnd)
      await settle()
      const [completed] = ofType(arrived(), "call.completed")
      assert.deepEqual(
        [completed!.synthetic, dataOf(completed!).outcome, completed!.timestamp],
        [true, outcome, "2026-11-22T11:30:00.000000000Z"],
      )
      await say(ANSWERED.slice(3).map((state) => dialing(state)))
      assert.equal(ofType(arrived(), "call.completed").length, 1)
    })
  }

  test("and refuted ends nothing: the real end does", async () => {
    const { arrived } = await world.addEndpoint(CALLS)
    await say(ANSWERED.slice(0, 3).map((state) => dialing(state)))
    await decide(true)
    await infer(inferredEnd)
    await settle()
    assert.deepEqual(ofType(arrived(), "call.completed"), [])
    await say(ANSWERED.slice(3).map((state) => dialing(state)))
    const [completed] = ofType(arrived(), "call.completed")
    assert.deepEqual([completed!.synthetic, dataOf(completed!).outcome], [undefined, "answered"])
  })
})

describe("who gets calls", () => {
  test("only who asks: an endpoint for everything else gets none, and nothing is kept for it", async () => {
    const all = await world.addEndpoint()
    await say(ANSWERED.map((state) => dialing(state)))
    assert.equal(all.arrived().length, ANSWERED.length)
    assert.ok(all.arrived().every(({ type }) => type.startsWith("dialing.")))
  })

  test("a pattern of all types includes them; one type alone makes that one alone", async () => {
    const all = await world.addEndpoint({ eventTypes: ["*"] })
    await say(ANSWERED.map((state) => dialing(state)))
    assert.equal(all.arrived().length, ANSWERED.length + 3)
    await world.begin()
    const one = await world.addEndpoint({ eventTypes: ["call.completed"] })
    await say(ANSWERED.map((state) => dialing(state)))
    assert.deepEqual(
      one.arrived().map(({ type }) => type),
      ["call.completed"],
    )
  })

  test("what a disabled endpoint wants is held for it", async () => {
    const { id, arrived } = await world.addEndpoint({ ...CALLS, disabled: true })
    await say(BUSY.map((state) => dialing(state)))
    assert.equal(arrived().length, 0)
    const held = await world.deliveries({ endpointId: id })
    assert.deepEqual(
      held.map(({ status }) => status),
      ["held", "held"],
    )
  })
})
