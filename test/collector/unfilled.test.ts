import assert from "node:assert/strict"
import { test } from "node:test"
import type { OpenGap } from "@ringback/collector/gaps/open-gaps"
import { UnfilledGaps } from "@ringback/collector/gaps/unfilled"
import { openState } from "@ringback/collector/state"

function setUp() {
  const state = openState(undefined, 0)
  const disk = { isFull: false, writes: 0 }
  const attempt = (write: () => void) => {
    if (disk.isFull) return
    disk.writes++
    write()
  }
  const start = (left: OpenGap[] = []) => new UnfilledGaps(state, attempt, left)
  return { state, disk, start }
}
const gap = (id: string, from: number, reason: OpenGap["reason"] = "disconnected"): OpenGap => ({
  id,
  from,
  reason,
  to: null,
})
const asked = { from: 100, reason: "disconnected", hasRestarted: true, isModule: true }

test("nothing is unfilled at the first start, and nothing is written for that", () => {
  const { disk, start } = setUp()
  assert.equal(start().current, undefined)
  assert.equal(disk.writes, 0)
})

test("what was asked for and not filled is there for the next run, but not that the PBX had restarted", () => {
  const { disk, start } = setUp()
  const first = start()
  first.set({ ...asked, gaps: ["g1", "g2"] })
  assert.deepEqual(first.current, { ...asked, gaps: ["g1", "g2"] })
  first.set({ ...asked, gaps: ["g1", "g2"] })
  assert.equal(disk.writes, 1, "the same is not written again")
  const expected = { from: 100, reason: "restarted", hasRestarted: false, isModule: false }
  for (let run = 0; run < 2; run++)
    assert.deepEqual(start().current, { ...expected, gaps: ["g1", "g2"] })
  assert.equal(disk.writes, 1)
})

test("a gap that an earlier run did not report is unfilled, too, if lists can fill it", () => {
  const { start } = setUp()
  start().set({ ...asked, gaps: ["g1"] })
  const left = [
    gap("early", 50, "restarted"),
    gap("g1", 100),
    gap("oversized", 10, "oversized"),
    gap("refused", 10, "refused"),
    gap("damaged", 10, "spool-damaged"),
    gap("full", 200, "spool-full"),
  ]
  const rest = { hasRestarted: false, isModule: false }
  const all = { gaps: ["g1", "early", "full"], from: 50, reason: "spool-full", ...rest }
  assert.deepEqual(start(left).current, all)
  // Reported by now: the open gaps name them no more.
  assert.deepEqual(start().current, { ...all, reason: "restarted" })
  const other = setUp()
  assert.equal(other.start(left.slice(2, 5)).current, undefined)
})

test("no more gaps are named than a message may name, the newest ones", () => {
  const { start } = setUp()
  const left = Array.from({ length: 30 }, (_, index) => gap(`g${index}`, index))
  const { current } = start(left)
  const newest = left.slice(10).map(({ id }) => id)
  assert.deepEqual(current!.gaps, newest)
  assert.equal(current!.from, 0)
})

test("what is filled is forgotten once the events are on the disk, and where there was no gap nothing is kept", () => {
  const { state, start } = setUp()
  const first = start()
  first.set({ ...asked, gaps: ["g1"] })
  first.clear(false)
  assert.equal(first.current, undefined)
  assert.deepEqual(start().current!.gaps, ["g1"])
  first.clear(true)
  assert.equal(start().current, undefined)
  first.set({ ...asked, from: null, gaps: [] })
  assert.equal(first.current!.from, null)
  assert.equal(start().current, undefined)
  first.set({ ...asked, gaps: ["g2"] })
  first.set({ ...asked, from: null, gaps: [] })
  assert.equal(start().current, undefined)
  state.close()
})

test("a full disk changes nothing of what this run knows", () => {
  const { disk, start } = setUp()
  const first = start()
  disk.isFull = true
  first.set({ ...asked, gaps: ["g1"] })
  assert.deepEqual(first.current!.gaps, ["g1"])
  assert.equal(start().current, undefined)
  disk.isFull = false
  first.set({ ...asked, gaps: ["g1"] })
  assert.deepEqual(start().current!.gaps, ["g1"])
})
