import assert from "node:assert/strict"
import { before, test } from "node:test"
import { runPlan, type Table } from "../prove/edge/history.ts"
import type { Plan, Step } from "../prove/edge/plan.ts"
import { makeTable } from "../prove/edge/workers.ts"

const SECOND = 1_000
const HOUR = 3_600 * SECOND

let table: Table
before(async () => void (table = await makeTable()))

async function live(skewsMs: number[], steps: Step[]) {
  const plan: Plan = { seed: 1, version: 22, hasTimestamps: true, skewsMs, steps }
  const { problems, gaps } = await runPlan(plan, table)
  assert.deepEqual(problems, [])
  return gaps
}

test("a planned stop of 10 s after a session of an hour tells a gap of 10 s", async () => {
  const gaps = await live(
    [0],
    [
      { afterMs: HOUR, do: "stop", who: 0, downMs: 10 * SECOND },
      { afterMs: 60 * SECOND, do: "act", which: 0 },
    ],
  )
  assert.equal(gaps.length, 1)
  const [[from, to]] = gaps as [[number, number]]
  assert.ok(Math.abs(to - from - 10 * SECOND) <= SECOND, `${to - from} ms`)
})

test("a rolling restart of twins tells none, also where their clocks differ by seconds", async () => {
  for (const skewsMs of [
    [0, 0],
    [8 * SECOND, -20 * SECOND],
  ]) {
    const gaps = await live(skewsMs, [
      { afterMs: HOUR, do: "stop", who: 0, downMs: 10 * SECOND },
      { afterMs: 30 * SECOND, do: "act", which: 0 },
      { afterMs: 30 * SECOND, do: "stop", who: 1, downMs: 10 * SECOND },
      { afterMs: 60 * SECOND, do: "act", which: 2 },
    ])
    assert.deepEqual(gaps, [])
  }
})
