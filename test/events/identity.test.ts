import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { identify } from "@ringback/events/identity"
import { makeId } from "@ringback/events/ids"
import { parseStamp } from "@ringback/events/stamp"
import type { Pair } from "./capture.ts"
import { sent, keyOf, twins, isSame } from "./sent.ts"

const UPDATED = "2026-11-22T06:27:40.28158565Z"

test("update then delete with the same Uuid and TmUpdate are two events", () => {
  const record: Pair[] = [
    ["Uuid", "u"],
    ["TmUpdate", UPDATED],
    ["TmDelete", "<unknown>"],
  ]
  assert.equal(
    isSame([["Event", "OutDialingUpdate"], ...record], [["Event", "OutDialingDelete"], ...record]),
    false,
  )
})

test("create then delete without any TmUpdate are two events", () => {
  assert.equal(
    isSame(
      [
        ["Event", "OutDlmaCreate"],
        ["Uuid", "u"],
      ],
      [
        ["Event", "OutDlmaDelete"],
        ["Uuid", "u"],
      ],
    ),
    false,
  )
})

test("the same event from two collectors is one, from two PBXs two", () => {
  const headers: Pair[] = [
    ["Event", "OutDialingUpdate"],
    ["Uuid", "u"],
    ["TmUpdate", UPDATED],
  ]
  const [one, other] = twins(headers)
  assert.equal(one, other)
  assert.notEqual(one, keyOf(sent(headers, { source: makeId("src", 2) })))
})

test("deleted again with another TmDelete is another event", () => {
  const deleted = (stamp: string): Pair[] => [
    ["Event", "OutPlanDelete"],
    ["Uuid", "u"],
    ["TmUpdate", UPDATED],
    ["TmDelete", stamp],
  ]
  assert.equal(isSame(deleted("2026-11-22T06:27:41.1Z"), deleted("2026-11-22T06:27:41.2Z")), false)
})

test("each way to say nothing is the same", () => {
  const created = (...rest: Pair[]): Pair[] => [["Event", "OutPlanCreate"], ["Uuid", "u"], ...rest]
  for (const nothing of ["", "<unknown>", "(null)"]) {
    assert.ok(isSame(created(), created(["TmUpdate", nothing], ["TmDelete", nothing])), nothing)
  }
})

test("the time is that of the delete, else of the update, else of the creation, else of the emission", () => {
  const timeOf = (...headers: Pair[]) => identify(sent(headers)).timeNanos
  const [created, updated, deleted] = [
    "2026-01-01T00:00:00.5Z",
    "2026-01-02T00:00:00.5Z",
    "2026-01-03T00:00:00.5Z",
  ] as const
  const Uuid: Pair = ["Uuid", "u"]
  const all: Pair[] = [Uuid, ["TmCreate", created], ["TmUpdate", updated], ["TmDelete", deleted]]
  assert.equal(timeOf(["Event", "OutPlanDelete"], ...all), parseStamp(deleted))
  assert.equal(timeOf(["Event", "OutPlanUpdate"], ...all.slice(0, 3)), parseStamp(updated))
  assert.equal(timeOf(["Event", "OutPlanCreate"], ...all.slice(0, 2)), parseStamp(created))
  assert.equal(
    timeOf(["Event", "OutPlanDelete"], ["Timestamp", "1795329003.920743"], Uuid),
    1_795_329_003_920_743_000n,
  )
  assert.equal(timeOf(["Event", "OutPlanDelete"], Uuid), 0n)
  // A clock that is plainly wrong would put the event where no reader looks.
  for (const stamp of [
    "1970-01-01T00:00:09.1Z",
    "2100-01-01T00:00:00.0Z",
    "2026-02-30T00:00:00.1Z",
    "soon",
  ]) {
    assert.equal(timeOf(["Event", "OutPlanUpdate"], Uuid, ["TmUpdate", stamp]), 0n, stamp)
  }
})

test("an update that does not say which is an event of its own", () => {
  const [one, other] = twins([
    ["Event", "OutPlanUpdate"],
    ["Uuid", "u"],
    ["TmUpdate", "<unknown>"],
  ])
  assert.notEqual(one, other)
  const emitted: Pair[] = [
    ["Event", "OutPlanUpdate"],
    ["Timestamp", "1795329003.920743"],
    ["Uuid", "u"],
  ]
  assert.equal(...twins(emitted))
})

for (const name of ["OutDlListUpdate", "OutQueueUpdate", "Hangup", "UserEvent"]) {
  const headers: Pair[] = [
    ["Event", name],
    ["Privilege", "x,all"],
    ["Uuid", "u"],
    ["Status", "0"],
  ]

  test(`${name}: without the PBX's Timestamp each message is its own, for a state may come back`, () => {
    assert.notEqual(...twins(headers))
    const message = sent(headers)
    assert.equal(keyOf(message), keyOf(structuredClone(message)))
    assert.equal(identify(message).timeNanos, BigInt(message.receivedAt) * 1_000_000n)
  })

  test(`${name}: with it, the same bytes at the same time are one event`, () => {
    const emitted = (stamp: string, status = "0"): Pair[] => [
      ...headers.slice(0, 2),
      ["Timestamp", stamp],
      ["Uuid", "u"],
      ["Status", status],
    ]
    assert.equal(...twins(emitted("1795329003.920743")))
    assert.equal(identify(sent(emitted("1795329003.920743"))).timeNanos, 1_795_329_003_920_743_000n)
    assert.equal(isSame(emitted("1795329003.920743"), emitted("1795329003.920744")), false)
    assert.equal(isSame(emitted("1795329003.920743"), emitted("1795329003.920743", "1")), false)
  })
}

test("a UserEvent's own Timestamp header identifies nothing", () => {
  assert.notEqual(
    ...twins([
      ["Event", "UserEvent"],
      ["Privilege", "user,all"],
      ["UserEvent", "X"],
      ["Timestamp", "1795329003.920743"],
    ]),
  )
})

const INFERRED = { synthetic: { reason: "reconnected", gap: "g1" } }

test("what was inferred is the same for both collectors, and never a live event", () => {
  const headers: Pair[] = [
    ["Event", "OutPlanUpdate"],
    ["Uuid", "u"],
    ["Name", "n"],
    ["TmUpdate", UPDATED],
  ]
  const one = sent(headers, INFERRED)
  const other = sent(headers, { synthetic: { reason: "other words", gap: "g2" } })
  assert.equal(keyOf(one), keyOf(other))
  assert.equal(identify(one).timeNanos, 0n)
  assert.notEqual(keyOf(one), keyOf(sent(headers)))
  // The row comes with an ActionID, and with whatever stands for nothing in it.
  const row = sent([...headers, ["ActionID", "7"], ["Detail", "<unknown>"]], INFERRED)
  assert.equal(keyOf(one), keyOf(row))
  const changed = headers.map(([name, value]): Pair => [name, name === "Name" ? "m" : value])
  assert.notEqual(keyOf(one), keyOf(sent(changed, INFERRED)))
})

test("an inferred state without a version may come back after a later gap", () => {
  const headers: Pair[] = [
    ["Event", "OutDlListUpdate"],
    ["Uuid", "u"],
    ["Status", "0"],
  ]
  assert.notEqual(keyOf(sent(headers, INFERRED)), keyOf(sent(headers, INFERRED)))
  const deleted: Pair[] = [
    ["Event", "OutDlListDelete"],
    ["Uuid", "u"],
  ]
  assert.equal(keyOf(sent(deleted, INFERRED)), keyOf(sent(deleted, INFERRED)))
})

test("property: equal hashes mean equal times, and identity knows no clock but the PBX's", () => {
  const stamp = fc.constantFrom(
    "<unknown>",
    UPDATED,
    "2026-11-22T06:27:41.1Z",
    "1970-01-01T00:00:00.1Z",
    "soon",
  )
  const headers = fc.record({
    name: fc.constantFrom(
      "OutPlanCreate",
      "OutPlanUpdate",
      "OutPlanDelete",
      "OutDlmaDelete",
      "OutDlListCreate",
    ),
    uuid: fc.constantFrom("u", "w", "<unknown>"),
    created: stamp,
    updated: stamp,
    deleted: stamp,
    emitted: fc.constantFrom("<unknown>", "1795329003.920743", "1795329003.920744", "0.000001"),
    synthetic: fc.boolean(),
  })
  const times = new Map<string, bigint>()
  fc.assert(
    fc.property(headers, ({ name, uuid, created, updated, deleted, emitted, synthetic }) => {
      const message = sent(
        [
          ["Event", name],
          ["Timestamp", emitted],
          ["Uuid", uuid],
          ["TmCreate", created],
          ["TmUpdate", updated],
          ["TmDelete", deleted],
        ],
        synthetic ? INFERRED : {},
      )
      const { timeNanos, hash } = identify(message)
      const text = hash.toString("hex")
      assert.equal(times.get(text) ?? timeNanos, timeNanos)
      times.set(text, timeNanos)
      assert.ok(timeNanos === 0n || timeNanos >= 946_684_800_000_000_000n)
    }),
    { numRuns: 2000 },
  )
})
