import assert from "node:assert/strict"
import { availableParallelism } from "node:os"
import { test } from "node:test"
import { kinds } from "@ringback/connectors/kinds"
import { formatCrm, runCrm } from "../prove/crm/main.ts"

const HISTORIES = 80

test(`each call is one activity on its contact, over ${HISTORIES} histories of faults and deaths`, async (t) => {
  const workers = Math.min(4, availableParallelism())
  const total = await runCrm({ histories: HISTORIES, seed: 1, workers })
  t.diagnostic(formatCrm(total))
  assert.deepEqual(total.failures, [])
  for (const kind of kinds) {
    const { calls, activities } = total.rows[kind]
    assert.ok(calls >= HISTORIES / kinds.length, kind)
    assert.equal(activities, calls, kind)
  }
  // A suite that injects nothing proves nothing.
  for (const fault of [
    "request lost",
    "answer lost",
    "429",
    "500 before it was done",
    "500 after it was done",
    "token ended",
    "killed before a step",
    "killed after a step",
    "delivered twice at once",
    "lost",
  ])
    assert.ok((total.faults[fault] ?? 0) >= 5, `${fault}: ${total.faults[fault]}`)
})
