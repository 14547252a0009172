import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { makeEnvelope } from "@ringback/collector/envelope"
import { type Gap, GapReports } from "@ringback/collector/gaps/gap-reports"
import { OpenGaps } from "@ringback/collector/gaps/open-gaps"
import { openState } from "@ringback/collector/state"

const gap: Gap = { id: "g1", from: 0, to: 1_000, reason: "disconnected" }

/** A disk that refuses while `isFull`, for the state and the spool alike. */
function setUp() {
  const state = openState(undefined, 0)
  const disk = { isFull: false, isEmptied: false, refusesFlush: false }
  let isRefused = false
  const attempt = (write: () => void) => {
    if (!disk.isFull) write()
  }
  const spool = {
    append: () => undefined,
    async flush() {
      await turn()
      if (disk.isEmptied) disk.isFull = false
      isRefused = disk.refusesFlush
    },
    get diskTrouble() {
      return disk.isFull || (disk.refusesFlush && isRefused) ? new Error("full") : null
    },
  }
  const openGaps = new OpenGaps(state, attempt)
  const envelope = makeEnvelope({ tenant: "t", source: "s", collector: "c" })
  const reports = new GapReports({ spool, envelope, openGaps, log: () => {}, now: () => 0 })
  const leftToTheNextRun = () => new OpenGaps(state, (write) => write()).left.map(({ id }) => id)
  return { disk, openGaps, reports, leftToTheNextRun }
}

test("a gap whose report a full disk refused is left to the next run until the report is on the disk", async () => {
  const { disk, reports, leftToTheNextRun } = setUp()
  reports.keep(gap)
  disk.isFull = true
  await reports.report(gap, {})
  await reports.forgetSaved()
  assert.deepEqual(leftToTheNextRun(), ["g1"])
  disk.isFull = false
  await reports.forgetSaved()
  assert.deepEqual(leftToTheNextRun(), [])
})

test("a gap whose report the spool's disk refuses while it is flushed is left to the next run", async () => {
  const { disk, reports, leftToTheNextRun } = setUp()
  reports.keep(gap)
  disk.refusesFlush = true
  await reports.report(gap, {})
  assert.deepEqual(leftToTheNextRun(), ["g1"])
  disk.refusesFlush = false
  await reports.forgetSaved()
  assert.deepEqual(leftToTheNextRun(), [])
})

test("a gap that a full disk kept from being forgotten is forgotten when it takes writes again", () => {
  const { disk, openGaps, leftToTheNextRun } = setUp()
  openGaps.keep({ ...gap, to: null })
  disk.isFull = true
  openGaps.forget("g1")
  assert.deepEqual(leftToTheNextRun(), ["g1"])
  disk.isFull = false
  assert.equal(openGaps.areSaved(), true)
  assert.deepEqual(leftToTheNextRun(), [])
})

test("a gap whose report the disk takes after all while it is waited for is forgotten at once", async () => {
  const { disk, reports, leftToTheNextRun } = setUp()
  reports.keep(gap)
  Object.assign(disk, { isFull: true, isEmptied: true })
  await reports.report(gap, {})
  assert.deepEqual(leftToTheNextRun(), [])
})
