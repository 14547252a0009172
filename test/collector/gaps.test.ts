import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { OpenGaps } from "@ringback/collector/gaps/open-gaps"
import { openState } from "@ringback/collector/state"
import { FORGOTTEN } from "@ringback/events/message"
import { until } from "../harness/until.ts"
import { makeDir, type Line, setUp, event, without, damage } from "./gaps-set-up.ts"

test("what was unreadable in the spool is one gap, from what was readable before it to what was behind", async () => {
  const cases: [times: number[], broken: number[], until: number, from: number, to: number][] = [
    [[1_000, 2_000, 3_000], [2_000], 9_000, 1_000, 3_000],
    [[1_000, 2_000, 3_000, 4_000, 5_000], [2_000, 4_000], 9_000, 1_000, 5_000],
    [[1_000, 2_000, 3_000], [1_000], 9_000, 2_000, 2_000],
    [[1_000, 2_000, 3_000], [3_000], 9_000, 2_000, 9_000],
    [[1_000, 2_000, 3_000], [3_000], 1_500, 1_500, 1_500],
    [[1_000], [1_000], 9_000, 9_000, 9_000],
    [[1_000, 2_000, 3_000, 4_000], [1_000, 4_000], 9_000, 2_000, 9_000],
  ]
  for (const [times, broken, last, from, to] of cases) {
    const { dir, bytes } = await damage(times, broken)
    const it = await setUp(dir)
    it.gaps.reportDamages(last)
    await it.close()
    const what = JSON.stringify([times, broken, last])
    const [gap, ...others] = it.reported()
    assert.equal(others.length, 0, what)
    const expected = { from, to, reason: "spool-damaged", inferred: {} }
    assert.deepEqual(without(gap, "id"), expected, what)
    const fields = { alarm: true, bytes, places: broken.length }
    assert.deepEqual(it.lines[0], { event: "spool.damaged", fields }, what)
    assert.deepEqual(it.gaps.counts, { "spool-damaged": 1 })
    assert.deepEqual(it.asked, [], "its messages were read: no list can tell them")
  }
  const whole = await setUp()
  whole.gaps.reportDamages(9_000)
  await whole.close()
  assert.deepEqual([whole.reported(), whole.lines], [[], []])
})

test("gaps that an earlier run left are reported with their bounds, an open one until it last worked", async () => {
  const state = openState(undefined, 0)
  const first = new OpenGaps(state, (write) => write())
  first.keep({ id: "ended", reason: "disconnected", from: 1_000, to: 2_000 })
  first.keep({ id: "open", reason: "spool-full", from: 3_000, to: null })
  first.keep({ id: "late", reason: "refused", from: 6_000, to: null })
  const it = await setUp(makeDir(), state)
  it.gaps.reportLeft(5_000)
  await it.close()
  assert.deepEqual(it.reported(), [
    { id: "ended", from: 1_000, to: 2_000, reason: "disconnected", inferred: {} },
    { id: "open", from: 3_000, to: 5_000, reason: "spool-full", inferred: {} },
    { id: "late", from: 6_000, to: 6_000, reason: "refused", inferred: {} },
  ])
  assert.deepEqual(it.kept(), [])
})

test("who stops waits until each report is on the disk", async () => {
  const state = openState(undefined, 0)
  new OpenGaps(state, (write) => write()).keep({ id: "g", reason: "refused", from: 1, to: 2 })
  const it = await setUp(makeDir(), state)
  it.gaps.reportLeft(5_000)
  await it.gaps.stop()
  assert.deepEqual(it.kept(), [])
  await it.spool.close()
})

test("who stops waits until no list is read any more", async () => {
  const it = await setUp()
  it.gaps.bridge(null, false)
  await it.gaps.stop()
  const { length } = it.asked
  assert.deepEqual(
    it.lines.map(({ event }) => event),
    ["resync.broken"],
  )
  await it.spool.close()
  assert.equal(it.asked.length, length)
})

test("a session's gap is kept before the lists are asked for, and reported with what they tell", async () => {
  const it = await setUp()
  const row = event("OutPlanEntry", ["Uuid", "u"], ["Status", "0"])
  it.answers.set("OutPlanShow", [row])
  it.gaps.bridge({ from: 1_000, to: 2_000, reason: "disconnected", since: 500 }, false)
  await until(() => it.asked.length > 0)
  assert.equal(it.keptThen[0]!.length, 1)
  await until(() => it.kept().length === 0)
  const [gap, ...others] = it.reported()
  assert.equal(others.length, 0)
  assert.deepEqual(without(gap, "id"), {
    from: 1_000,
    to: 2_000,
    reason: "disconnected",
    inferred: { "plan.created": 1 },
    since: 500,
  })
  assert.equal(gap!["id"], it.keptThen[0]![0])
  const { fields } = it.lines.find((line) => line.event === "gap")!
  assert.deepEqual(fields, {
    alarm: false,
    reason: "disconnected",
    from: "1970-01-01T00:00:01.000Z",
    to: "1970-01-01T00:00:02.000Z",
    seconds: 1,
    inferred: { "plan.created": 1 },
  })
  await it.close()
})

test("a session without a gap asks for the lists alone; a restarted PBX has lost its calls with or without one", async () => {
  for (const gap of [null, { from: 1_000, to: 2_000, reason: "restarted" as const }]) {
    const it = await setUp()
    it.known.set("dialing", "call", "body")
    it.gaps.bridge(gap, true)
    await until(() => it.known.of("dialing").size === 0)
    await it.close()
    assert.equal(it.reported().length, gap ? 1 : 0)
    const said = it.lines.filter((line) => line.event === "gap")
    const alarms = said.map(({ fields }) => fields["alarm"])
    assert.deepEqual(alarms, gap ? [true] : [])
    assert.ok(it.lines.every((line) => line.event !== "resync.broken"))
  }
})

test("losses are reported once they are over: of a full spool with the lists, single messages without", async () => {
  const it = await setUp()
  it.losses.note("oversized", 1_000)
  it.losses.note("oversized", 1_500)
  it.gaps.reportLosses(6_000)
  assert.equal(it.lines.length, 0)
  it.gaps.reportLosses(6_500)
  await until(() => it.kept().length === 0)
  assert.deepEqual(it.asked, [])
  const lost = (reason: string, count: number): Line => ({
    event: "messages.lost",
    fields: { alarm: true, reason, count },
  })
  assert.deepEqual(it.lines[0], lost("oversized", 2))
  it.losses.note("spool-full", 7_000)
  it.losses.note("refused", 8_000)
  // Told at the end, over or not.
  await it.gaps.stop()
  assert.ok(it.asked.length > 0)
  assert.deepEqual(it.lines.filter((line) => line.event === "messages.lost").slice(1), [
    lost("spool-full", 1),
    lost("refused", 1),
  ])
  assert.deepEqual(it.gaps.counts, { oversized: 1, "spool-full": 1, refused: 1 })
  await it.spool.close()
  const bounds = it.reported().map(({ reason, from, to }) => `${reason} ${from} ${to}`)
  assert.deepEqual(bounds.toSorted(), [
    "oversized 1000 1500",
    "refused 8000 8000",
    "spool-full 7000 7000",
  ])
})

test("the dialler's module that is loaded anew has lost its calls; another module, or another event, says nothing", async () => {
  const it = await setUp()
  it.known.set("dialing", "call", "body")
  for (const other of [
    event("Load", ["Module", "res_other.so"]),
    event("Load"),
    event("Unload", ["Module", "res_outbound.so"]),
    event("FullyBooted"),
  ])
    it.gaps.note(other, 1_000)
  await turn()
  assert.deepEqual([it.asked.length, it.lines.length], [0, 0])
  it.gaps.note(event("Load", ["Module", "res_outbound.so"]), 1_000)
  await until(() => it.known.of("dialing").size === 0)
  assert.equal(it.lines[0]!.event, "module.loaded")
  // Both reads; an empty list of a PBX that may not have restarted would be read a third time.
  assert.equal(it.asked.filter((action) => action === "OutDialingShow").length, 2)
  await it.close()
  assert.deepEqual(it.reported(), [])
})

test("a PBX that has booted is asked again at once for lists that it did not know", async () => {
  const it = await setUp()
  for (const kind of ["Campaign", "Plan", "Dlma", "Destination", "Dialing"])
    it.answers.set(`Out${kind}Show`, { why: "unknown", message: "Invalid/unknown command" })
  it.gaps.bridge({ from: 1_000, to: 2_000, reason: "disconnected" }, false)
  await until(() => it.reported().length > 0)
  const before = it.asked.length
  const isAskedAgain = async () => {
    it.gaps.askAgain(99_001)
    await turn()
    return it.asked.length > before
  }
  assert.equal(await isAskedAgain(), false)
  it.gaps.note(event("OutPlanCreate", ["Uuid", "p"]), 3_000)
  assert.equal(await isAskedAgain(), false)
  it.gaps.note(event("FullyBooted"), 3_000)
  assert.equal(await isAskedAgain(), true)
  await it.close()
})

test("calls that nobody has heard of for long are asked about", async () => {
  const it = await setUp()
  it.known.set("dialing", "quiet", "body")
  it.known.set("dialing", "heard", "body")
  it.gaps.askAgain(0)
  it.gaps.note(event("OutDialingUpdate", ["Uuid", "heard"]), 500_000)
  it.answers.set("OutDialingShow", [event("OutDialingEntry", ["Uuid", "heard"])])
  it.gaps.askAgain(600_000)
  await until(() => !it.known.of("dialing").has("quiet"))
  assert.ok(it.known.of("dialing").has("heard"))
  assert.deepEqual(it.inferred, [["OutDialingDelete", FORGOTTEN]])
  await it.close()
})
