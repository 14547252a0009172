import assert from "node:assert/strict"
import { test } from "node:test"
import { Coverage } from "@ringback/collector/gaps/coverage"

test("what was read and is not on the disk yet does not count as read, in a session or after it", () => {
  const coverage = new Coverage(null)
  coverage.open(1_000)
  assert.equal(coverage.readUntil(9_000, null), 9_000)
  assert.equal(coverage.readUntil(9_000, 4_000), 4_000)
  coverage.lose(9_000)
  assert.equal(coverage.readUntil(null, 4_000), 4_000)
  assert.equal(coverage.readUntil(null, null), 9_000)
})
