import assert from "node:assert/strict"
import { before, test } from "node:test"
import { runPlan, type Table } from "../prove/edge/history.ts"
import type { Plan } from "../prove/edge/plan.ts"
import { makeTable } from "../prove/edge/workers.ts"

/** A history of the edge that once failed: what went wrong, and its least form. */
export type FoundHistory = { was: string; plan: Plan }

export let table: Table
before(async () => void (table = await makeTable()))

/** A test of each history, that it is told truly now. */
export function testHistories(found: FoundHistory[]): void {
  for (const { was, plan } of found) {
    test(`told truly: ${was}`, async () => {
      const { problems } = await runPlan(plan, table)
      assert.deepEqual(problems, [])
    })
  }
}
