import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { makeEnvelope } from "@ringback/collector/envelope"
import { GapReports } from "@ringback/collector/gaps/gap-reports"
import type { GapReason } from "@ringback/collector/gaps/losses"
import { OpenGaps } from "@ringback/collector/gaps/open-gaps"
import { openState } from "@ringback/collector/state"

const ADDRESS = { tenant: "ten_a", source: "src_a", collector: "c" }

/** A disk that is in trouble, until a flush finds it well. */
function setUp(t: TestContext) {
  const state = openState(undefined, 0)
  t.after(() => state.close())
  const openGaps = new OpenGaps(state, (write) => write())
  const disk = { isWell: true, flushCount: 0, diskTrouble: null as Error | null }
  const appended: Record<string, unknown>[] = []
  const logged: [string, Record<string, unknown>][] = []
  const reports = new GapReports({
    spool: {
      append: (text) => void appended.push(JSON.parse(text as string) as (typeof appended)[0]),
      async flush() {
        disk.flushCount++
        // The disk's answer takes a while.
        await new Promise(setImmediate)
        disk.diskTrouble = disk.isWell ? null : new Error("ENOSPC")
      },
      get diskTrouble() {
        return disk.diskTrouble
      },
    },
    envelope: makeEnvelope(ADDRESS),
    openGaps,
    log: (event, fields = {}) => void logged.push([event, fields]),
    now: () => 70_000,
  })
  /** What the next run would find. */
  const open = () => new OpenGaps(state, (write) => write()).left.map(({ id }) => id)
  const gapOf = (id: string, reason: GapReason = "disconnected") => ({
    id,
    reason,
    from: 10_000,
    to: 12_500,
  })
  return { reports, disk, appended, logged, open, gapOf }
}

test("a gap is reported with its bounds, and is forgotten once its report is on the disk", async (t) => {
  const { reports, appended, logged, open, gapOf } = setUp(t)
  const gap = { ...gapOf("g1"), since: 5_000 }
  reports.keep(gap)
  assert.deepEqual(open(), ["g1"])
  await reports.report(gap, { "plan.created": 2 })
  const [{ id: _, ...message } = {}] = appended
  const told = { ...gap, inferred: { "plan.created": 2 } }
  assert.deepEqual(message, { v: 1, kind: "gap", receivedAt: 70_000, ...ADDRESS, gap: told })
  const line = {
    alarm: false,
    reason: "disconnected",
    from: "1970-01-01T00:00:10.000Z",
    to: "1970-01-01T00:00:12.500Z",
    seconds: 2.5,
    inferred: { "plan.created": 2 },
  }
  assert.deepEqual(logged, [["gap", line]])
  assert.deepEqual(open(), [])
})

test("gaps are counted by reason, and one of a restart is an alarm", async (t) => {
  const { reports, logged, gapOf } = setUp(t)
  for (const [id, reason] of [
    ["a", "restarted"],
    ["b", "spool-full"],
    ["c", "restarted"],
  ] as const)
    await reports.report(gapOf(id, reason), {})
  assert.deepEqual(reports.counts, { restarted: 2, "spool-full": 1 })
  assert.deepEqual(
    logged.map(([, { alarm }]) => alarm),
    [true, false, true],
  )
})

test("a gap whose report is in memory alone is kept until the disk is well", async (t) => {
  const { reports, disk, open, gapOf } = setUp(t)
  disk.isWell = false
  for (const id of ["g1", "g2"]) {
    reports.keep(gapOf(id))
    await reports.report(gapOf(id), {})
  }
  assert.deepEqual(open(), ["g1", "g2"])
  const { flushCount } = disk
  await reports.forgetSaved()
  assert.equal(disk.flushCount, flushCount, "a disk in trouble is left to the spool")
  // The next report finds it well, and all are forgotten.
  disk.isWell = true
  reports.keep(gapOf("g3"))
  await reports.report(gapOf("g3"), {})
  assert.deepEqual(open(), [])
  const before = disk.flushCount
  await reports.forgetSaved()
  assert.equal(disk.flushCount, before, "nothing is left")
})

test("a gap is not forgotten where the disk fails at the last moment", async (t) => {
  const { reports, disk, open, gapOf } = setUp(t)
  reports.keep(gapOf("g1"))
  const reported = reports.report(gapOf("g1"), {})
  // The first flush is under way, the second finds the disk full.
  await new Promise(setImmediate)
  disk.isWell = false
  await reported
  assert.deepEqual(open(), ["g1"])
})
