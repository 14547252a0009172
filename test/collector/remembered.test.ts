import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import type { HeaderPair } from "@ringback/ami/message"
import { bodyOf, Known, type ListedKind, listedKinds } from "@ringback/collector/gaps/known"
import { RecordWriter } from "@ringback/collector/spool/record"
import type { Entry } from "@ringback/collector/spool/send-window"
import { openState } from "@ringback/collector/state"
import { type Action, eventNameOf, type RecordKind } from "@ringback/events/ami-event-kinds"

// What a collector knows of the PBX's records, from one run to the next.

const root = mkdtempSync(join(tmpdir(), "ringback-known-"))
after(() => rmSync(root, { recursive: true }))
const makeDir = () => mkdtempSync(join(root, "d"))
const writer = new RecordWriter()

const headersOf = (
  kind: RecordKind,
  action: Action,
  uuid: string,
  detail: string,
): HeaderPair[] => [
  ["Event", eventNameOf(kind, action)],
  ["Uuid", uuid],
  ["Detail", detail],
]
const bodyAs = (kind: RecordKind, action: Action, uuid: string, detail: string) =>
  bodyOf(headersOf(kind, action, uuid, detail))

/** A run of a collector: it closes what it knew before. */
function startRun(dir: string) {
  const state = openState(dir, 0)
  const known = new Known(state)
  function hear(kind: RecordKind, action: Action, uuid: string, detail: string, end = 0): Entry {
    const headers = headersOf(kind, action, uuid, detail)
    const json = JSON.stringify({ v: 1, kind: "event", receivedAt: 1, headers })
    const entry = { ...writer.write(json), end, isLoaded: false, isDone: false }
    known.note({ kind, action }, { kind: "event", name: headers[0]![1], headers }, entry)
    return entry
  }
  const uuids = (kind: ListedKind) => [...known.of(kind).keys()].toSorted()
  return { state, known, hear, uuids }
}

test("what is on the disk is known to the next run, with its last state, and what was deleted is not", () => {
  const dir = makeDir()
  const first = startRun(dir)
  for (const kind of listedKinds) {
    first.hear(kind, "created", "kept", "1", 10)
    first.hear(kind, "updated", "kept", "2", 20)
    first.hear(kind, "created", "gone", "1", 30)
    first.hear(kind, "deleted", "gone", "1", 40)
  }
  assert.equal(first.known.save(40), 40)
  for (const kind of listedKinds)
    assert.ok(first.known.isSame(kind, "kept", bodyAs(kind, "updated", "kept", "2")))
  first.state.close()
  const second = startRun(dir)
  for (const kind of listedKinds) {
    assert.deepEqual(second.uuids(kind), ["kept"])
    assert.ok(second.known.isSame(kind, "kept", bodyAs(kind, "updated", "kept", "2")))
    assert.equal(second.known.isSame(kind, "kept", bodyAs(kind, "created", "kept", "1")), false)
    assert.equal(second.known.isSame(kind, "gone", bodyAs(kind, "created", "gone", "1")), false)
  }
  second.hear("plan", "deleted", "kept", "2", 50)
  second.known.save(50)
  second.state.close()
  const third = startRun(dir)
  assert.deepEqual([third.uuids("plan"), third.uuids("dlma")], [[], ["kept"]])
  third.state.close()
})

test("what is neither on the disk nor with the queue is not saved, and the place before it is told", () => {
  const dir = makeDir()
  const first = startRun(dir)
  first.hear("plan", "created", "safe", "1", 10)
  const sent = first.hear("plan", "created", "sent", "1")
  sent.isDone = true
  const begun = first.hear("plan", "created", "begun", "1", 20)
  const last = first.hear("plan", "updated", "begun", "2")
  first.hear("plan", "created", "memory", "1")
  assert.equal(first.known.save(30), begun.end - 1)
  assert.deepEqual(first.uuids("plan"), ["begun", "memory", "safe", "sent"])
  // As a kill would leave it.
  const rows = () =>
    first.state.database
      .prepare("SELECT uuid FROM known ORDER BY uuid")
      .all()
      .map(({ uuid }) => uuid)
  assert.deepEqual(rows(), ["safe", "sent"])
  assert.equal(first.state.get("knownTo"), String(begun.end - 1))
  last.end = 40
  assert.equal(first.known.save(50), 50)
  assert.deepEqual(rows(), ["begun", "safe", "sent"])
  assert.equal(first.known.save(60), 60, "nothing to save")
  assert.equal(first.state.get("knownTo"), "50")
  first.state.close()
})

test("messages that a kill left in the spool behind what was saved are made up for, the others are not", () => {
  const dir = makeDir()
  const first = startRun(dir)
  first.hear("plan", "created", "a", "1", 10)
  first.hear("plan", "created", "b", "1", 20)
  first.known.save(20)
  first.state.close()
  const { known, state, uuids } = startRun(dir)
  const recover = (end: number, headers: HeaderPair[] | undefined, kind = "event") => {
    const record = writer.write(JSON.stringify({ v: 1, kind, receivedAt: 1, headers }))
    known.recover({ ...record, end })
  }
  recover(20, headersOf("plan", "deleted", "a", "1"))
  assert.deepEqual(uuids("plan"), ["a", "b"], "older than what was saved")
  recover(21, headersOf("plan", "deleted", "a", "1"))
  recover(22, headersOf("plan", "updated", "b", "2"))
  recover(23, headersOf("plan", "created", "c", "1"))
  recover(24, headersOf("queue" as RecordKind, "created", "q", "1"))
  recover(25, undefined, "gap")
  recover(26, [["Event", "OutPlanCreate"]])
  recover(27, [["Event", "Hangup"], headersOf("plan", "created", "h", "1")[1]!])
  assert.deepEqual(uuids("plan"), ["b", "c"])
  assert.ok(known.isSame("plan", "b", bodyAs("plan", "updated", "b", "2")))
  assert.equal(known.save(30), 30)
  state.close()
  const third = startRun(dir)
  assert.deepEqual(third.uuids("plan"), ["b", "c"])
  third.state.close()
})

test("a record without a Uuid, or with one that nobody can keep, is not known", () => {
  const { known, hear, uuids, state } = startRun(makeDir())
  const kept = "u".repeat(128)
  for (const uuid of ["", "<unknown>", "(null)", `${kept}u`, kept])
    hear("plan", "created", uuid, "1")
  assert.deepEqual(uuids("plan"), [kept])
  const headers: HeaderPair[] = [["Event", "OutPlanCreate"]]
  const message = { kind: "event" as const, name: "OutPlanCreate", headers }
  const entry = { ...writer.write("{}"), end: 1, isLoaded: false, isDone: false }
  known.note({ kind: "plan", action: "created" }, message, entry)
  assert.deepEqual(uuids("plan"), [kept])
  state.close()
})

test("more records than can be kept end a kind's baseline, and those that are known stay known", () => {
  const { known, hear, uuids, state } = startRun(makeDir())
  for (const kind of ["plan", "dlma"] as const) {
    assert.equal(known.isWhole(kind), false)
    known.setWhole(kind)
    assert.equal(known.isWhole(kind), true)
  }
  for (let count = 0; count < 49_999; count++) known.set("plan", `u${count}`, "body")
  hear("plan", "created", "last", "1")
  assert.equal(known.isWhole("plan"), true)
  hear("plan", "created", "over", "1")
  assert.equal(known.of("plan").has("over"), false)
  assert.deepEqual([known.isWhole("plan"), known.isWhole("dlma")], [false, true])
  hear("plan", "updated", "last", "2")
  assert.ok(known.isSame("plan", "last", bodyAs("plan", "updated", "last", "2")))
  known.setWhole("plan")
  hear("plan", "deleted", "over", "1")
  assert.equal(known.isWhole("plan"), true, "what is deleted needs no room")
  hear("plan", "deleted", "last", "2")
  assert.equal(uuids("plan").length, 49_999)
  hear("plan", "created", "next", "1")
  assert.ok(known.of("plan").has("next"))
  state.close()
})

test("whoever compares lists sees what events speak of from then on until he is done, and nobody else's", () => {
  const { known, hear, state } = startRun(makeDir())
  hear("plan", "created", "before", "1")
  const one = known.watch()
  hear("plan", "created", "a", "1")
  const other = known.watch()
  hear("dlma", "deleted", "b", "1")
  one.end()
  hear("plan", "updated", "c", "1")
  const seen = (touched: typeof one) =>
    (["plan/before", "plan/a", "dlma/a", "dlma/b", "plan/c"] as const).filter((name) => {
      const [kind, uuid] = name.split("/") as [string, string]
      return touched.has(kind, uuid)
    })
  assert.deepEqual(seen(one), ["plan/a", "dlma/b"])
  assert.deepEqual(seen(other), ["dlma/b", "plan/c"])
  state.close()
})

test("a save that the disk refuses takes nothing back, and is made good by the next one", () => {
  const dir = makeDir()
  const { known, hear, uuids, state } = startRun(dir)
  hear("plan", "created", "a", "1", 10)
  state.database.exec(
    "CREATE TRIGGER full BEFORE INSERT ON known BEGIN SELECT RAISE(ABORT, 'full'); END",
  )
  assert.throws(() => known.save(10), /full/)
  assert.equal(state.get("knownTo"), undefined)
  state.database.exec("DROP TRIGGER full")
  assert.equal(known.save(10), 10)
  assert.deepEqual(uuids("plan"), ["a"])
  state.close()
  const next = startRun(dir)
  assert.deepEqual(next.uuids("plan"), ["a"])
  next.state.close()
})
