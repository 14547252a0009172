import assert from "node:assert/strict"
import { availableParallelism } from "node:os"
import { test } from "node:test"
import { formatEdge, runEdge } from "../prove/edge/fleet.ts"

const HISTORIES = 300
const TODO_HISTORIES = 60

// Clocks, a module that comes late or goes: what the model finds there is not mended yet.
const todo = "lists refused before the module is loaded, the module unloaded, and clocks apart"

test(
  `what collectors say of the time in which they did not read is true, over ${TODO_HISTORIES} histories`,
  { todo },
  async (t) => {
    const total = await run(t.diagnostic.bind(t), TODO_HISTORIES, false)
    assert.deepEqual(total.failures, [])
  },
)

test(`the same over ${HISTORIES} histories of one clock and a module that is always there`, async (t) => {
  const total = await run(t.diagnostic.bind(t), HISTORIES, true)
  assert.deepEqual(total.failures, [])
  assert.equal(total.histories, HISTORIES)
  // Histories in which nothing happens prove nothing.
  for (const name of ["events", "lost", "synthetic", "gaps", "died"])
    assert.ok(total.counts[name]! > HISTORIES / 3, `${name}: ${total.counts[name]}`)
})

async function run(tell: (text: string) => void, histories: number, isPlain: boolean) {
  const workers = Math.min(4, availableParallelism())
  const total = await runEdge({
    histories,
    seed: 1,
    workers,
    hasToShrink: false,
    isPlain,
  })
  tell(formatEdge(total))
  return total
}
