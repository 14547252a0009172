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

test("claims nothing of a session whose spool was full before it began", () => {
  const { coverage, losses, claim } = setUp()
  losses.note("spool-full", 500)
  coverage.open(1_000)
  assert.deepEqual(claim(), { connectedSince: null })
  coverage.lose(2_000)
  assert.deepEqual(claim(), { connectedSince: null })
})

test("continues the coverage of an earlier run where its start is known and is not after its end", () => {
  const gap = { from: 5_000, to: 6_000, reason: "restarted" }
  assert.equal(new Coverage(null).open(6_000), null, "the first run has no gap")
  assert.deepEqual(new Coverage(5_000).open(6_000), gap)
  for (const since of [1_000, 5_000]) {
    const coverage = new Coverage(5_000, since)
    assert.equal(coverage.readSince(), since)
    assert.equal(coverage.readSince(5_500), 5_500)
    assert.deepEqual(coverage.open(6_000), { ...gap, since })
    assert.equal(coverage.open(7_000), null, "it is open")
    assert.equal(coverage.connectedSince, 6_000)
    assert.equal(coverage.readSince(), 6_000)
  }
  const unknown = new Coverage(5_000, 5_001)
  assert.equal(unknown.readSince(), null)
  assert.deepEqual(unknown.claim({ openSince: undefined, latest: undefined }), {
    connectedSince: null,
  })
  assert.deepEqual(unknown.open(6_000), gap)
  assert.equal(new Coverage(null, 1_000).readSince(), null)
})

test("a break begins where the coverage before it ended, a loss or the new session at the latest", () => {
  const open = (at: number, lostAt?: number) => new Coverage(5_000, 1_000).open(at, lostAt)
  const reason = "restarted"
  assert.deepEqual(open(6_000, 4_999), { from: 5_000, to: 6_000, reason, since: 4_999 })
  assert.deepEqual(open(6_000, 5_000), { from: 5_000, to: 6_000, reason, since: 5_000 })
  assert.deepEqual(open(6_000, 5_001), { from: 5_000, to: 6_000, reason })
  assert.deepEqual(open(5_000), { from: 5_000, to: 5_000, reason, since: 1_000 })
  assert.deepEqual(open(4_999), { from: 4_999, to: 4_999, reason }, "the clock was set back")
})

test("an end without a session changes nothing, and one without a read covers no time", () => {
  const coverage = new Coverage(5_000, 1_000)
  coverage.lose(9_000)
  assert.deepEqual(coverage.open(6_000), {
    from: 5_000,
    to: 6_000,
    reason: "restarted",
    since: 1_000,
  })
  coverage.lose(5_500)
  assert.deepEqual(coverage.claim({ openSince: undefined, latest: undefined }), {
    connectedSince: null,
    readBefore: [6_000, 6_000],
  })
  assert.equal(coverage.readUntil(null, null), 5_500)
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
