import assert from "node:assert/strict"
import { test } from "node:test"
import { Coverage } from "@ringback/collector/gaps/coverage"
import { Losses } from "@ringback/collector/gaps/losses"

function setUp() {
  const coverage = new Coverage(null)
  const losses = new Losses(() => {})
  return { coverage, losses, claim: () => coverage.claim(losses.streakOf("spool-full")) }
}

test("claims to have read since its session began, and afterwards up to when it was lost", () => {
  const { coverage, claim } = setUp()
  assert.deepEqual(claim(), { connectedSince: null })
  coverage.open(1_000)
  assert.deepEqual(claim(), { connectedSince: 1_000 })
  coverage.lose(5_000)
  assert.deepEqual(claim(), { connectedSince: null, readBefore: [1_000, 5_000] })
  coverage.open(6_000)
  assert.deepEqual(claim(), { connectedSince: 6_000 })
})

test("claims nothing of a while in which its spool was full, neither during it nor when the report still waits", () => {
  const { coverage, losses, claim } = setUp()
  coverage.open(1_000)
  losses.note("spool-full", 20_000)
  losses.note("spool-full", 30_000)
  assert.deepEqual(claim(), { connectedSince: null, readBefore: [1_000, 20_000] })
  losses.takeQuiet(40_000)
  assert.deepEqual(claim(), { connectedSince: 30_000 })
  coverage.lose(50_000)
  assert.deepEqual(claim(), { connectedSince: null, readBefore: [30_000, 50_000] })
})

test("claims nothing of a session that was lost while its spool was full", () => {
  const { coverage, losses, claim } = setUp()
  coverage.open(1_000)
  losses.note("spool-full", 1_000)
  losses.note("spool-full", 9_000)
  coverage.lose(9_000)
  assert.deepEqual(claim(), { connectedSince: null, readBefore: [1_000, 1_000] })
  coverage.open(10_000)
  losses.note("spool-full", 10_500)
  assert.deepEqual(claim().connectedSince, null)
})

test("tells since when it had read before a break, unless its clock was set back meanwhile", () => {
  const { coverage } = setUp()
  coverage.open(1_000)
  coverage.lose(5_000)
  const gap = { from: 5_000, to: 6_000, reason: "disconnected" }
  assert.deepEqual(coverage.open(6_000), { ...gap, since: 1_000 })
  // What was read last is older, by the clock that was set back, than the session is.
  coverage.lose(3_000)
  assert.deepEqual(coverage.open(7_000), { ...gap, from: 3_000, to: 7_000 })
})
