import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import type { Pair } from "../events/capture.ts"
import { eventMessage, sendToIngest } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const UUID = "5b0c4a50-5b1e-4f6a-9c3d-000000000001"
const NUMBER = "+4520123456"
const at = (second: number) => `2026-11-22T11:00:${String(second).padStart(2, "0")}.000000000Z`
const dialing = (event: string, result: Pair[], changed: string): Pair[] => [
  ["Event", event],
  ["Uuid", UUID],
  ["DialAddr", NUMBER],
  ...result,
  ["TmCreate", at(0)],
  ["TmUpdate", changed],
]

const EVENTS: Record<string, Pair[]> = {
  create: dialing("OutDialingCreate", [["Status", "0"]], "<unknown>"),
  answer: dialing(
    "OutDialingUpdate",
    [
      ["Status", "1"],
      ["ResDial", "4"],
      ["ResHangup", "0"],
    ],
    at(9),
  ),
  end: dialing(
    "OutDialingUpdate",
    [
      ["Status", "6"],
      ["ResDial", "4"],
      ["ResHangup", "16"],
    ],
    at(31),
  ),
  delete: [
    ["Event", "OutDialingDelete"],
    ["Uuid", UUID],
  ],
}

// Ends without a result that still say more than the Uuid.
const TIMED_DELETE = dialing("OutDialingDelete", [], at(31))

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  )
}

async function completedOf(events: Pair[][]) {
  await world.begin()
  const { arrived } = await world.addEndpoint({ eventTypes: ["call.*"] })
  for (const headers of events) {
    await sendToIngest(world.stack, world.customer, eventMessage(world.customer, headers))
    await world.pump()
  }
  // Ends that wait for earlier events do so for five seconds.
  world.advance(6000)
  await world.pump()
  const completed = arrived().filter(({ type }) => type === "call.completed")
  assert.equal(completed.length, 1)
  assert.equal(arrived().length, 3)
  const { timestamp, data } = completed[0]!
  const told: Record<string, unknown> = { ...data, timestamp }
  return told
}

test("a delete with the Uuid alone, in any of 24 orders, leaves outcome, number and times", async () => {
  for (const names of permutations(Object.keys(EVENTS))) {
    const { outcome, number, startedAt, answeredAt, endedAt, timestamp, talkSeconds } =
      await completedOf(names.map((name) => EVENTS[name]!))
    assert.deepEqual(
      { outcome, number, startedAt, answeredAt, endedAt, timestamp, talkSeconds },
      {
        outcome: "answered",
        number: NUMBER,
        startedAt: at(0),
        answeredAt: at(9),
        endedAt: at(31),
        timestamp: at(31),
        talkSeconds: 22,
      },
      names.join(", "),
    )
  }
})

test("a delete with times and no result, in any of 6 orders, leaves the answer", async () => {
  const events: Record<string, Pair[]> = { ...EVENTS, delete: TIMED_DELETE }
  for (const names of permutations(["create", "answer", "delete"])) {
    const { outcome, number, answeredAt, endedAt } = await completedOf(
      names.map((name) => events[name]!),
    )
    assert.deepEqual(
      [outcome, number, answeredAt, endedAt],
      ["answered", NUMBER, at(9), at(31)],
      names.join(", "),
    )
  }
})
