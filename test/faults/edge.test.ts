import assert from "node:assert/strict"
import { availableParallelism } from "node:os"
import { test } from "node:test"
import { formatEdge, runEdge } from "../prove/edge/fleet.ts"

const HISTORIES = 300
const PLAIN_HISTORIES = 60
const SEED = 1

test(`what collectors say of the time in which they did not read is true, over ${HISTORIES} histories`, async (t) => {
  const total = await run(t.diagnostic.bind(t), HISTORIES, false)
  assert.deepEqual(total.failures, [])
  assert.equal(total.histories, HISTORIES)
  // Histories in which nothing happens prove nothing.
  for (const name of ["events", "lost", "synthetic", "gaps", "died"])
    assert.ok(total.counts[name]! > HISTORIES / 3, `${name}: ${total.counts[name]}`)
})

test(`the same over ${PLAIN_HISTORIES} histories of a module that is always there`, async (t) => {
  const total = await run(t.diagnostic.bind(t), PLAIN_HISTORIES, true)
  assert.deepEqual(total.failures, [])
})

async function run(tell: (text: string) => void, histories: number, isPlain: boolean) {
  const workers = Math.min(4, availableParallelism())
  const total = await runEdge({
    histories,
    seed: SEED,
    workers,
    hasToShrink: false,
    isPlain,
  })
  tell(formatEdge(total))
  return total
}
