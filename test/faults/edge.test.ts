import assert from "node:assert/strict"
import { availableParallelism } from "node:os"
import { test } from "node:test"
import { formatEdge, runEdge } from "../prove/edge/fleet.ts"

const HISTORIES = 300

test("what collectors say of the time in which they did not read is true, over 300 histories", async (t) => {
  const workers = Math.min(4, availableParallelism())
  const total = await runEdge({ histories: HISTORIES, seed: 1, workers, hasToShrink: true })
  t.diagnostic(formatEdge(total))
  assert.deepEqual(total.failures, [])
  assert.equal(total.histories, HISTORIES)
  // Histories in which nothing happens prove nothing.
  for (const name of ["events", "lost", "synthetic", "gaps", "died"])
    assert.ok(total.counts[name]! > HISTORIES / 3, `${name}: ${total.counts[name]}`)
})
