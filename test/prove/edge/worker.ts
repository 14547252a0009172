import { type History, runPlan, type Table } from "./history.ts"
import { plainOf, type Plan, planOf } from "./plan.ts"
import { shrink } from "./shrink.ts"
import { makeTable } from "./workers.ts"

export type EdgeTask = { seed: number; hasToShrink?: boolean; isPlain?: boolean }
export type EdgeDone = { task: EdgeTask } & (
  { history: History; least?: { plan: Plan; history: History } | undefined } | { error: string }
)

// An engine in memory forgets nothing.
const HISTORIES_A_TABLE = 200

let table: Table | undefined
let used = 0

/** Lives through the history of a seed; one that fails is shrunk. */
export async function liveSeed(task: EdgeTask): Promise<EdgeDone> {
  try {
    const plan = task.isPlain ? plainOf(planOf(task.seed)) : planOf(task.seed)
    const history = await live(plan)
    const isFound = history.problems.length > 0 && task.hasToShrink === true
    return { task, history, ...(isFound && { least: await shrinkPlan(plan, history.problems) }) }
  } catch (error) {
    return { task, error: (error as Error).stack ?? String(error) }
  }
}

async function live(plan: Plan): Promise<History> {
  if (used++ % HISTORIES_A_TABLE === 0) table = await makeTable()
  return runPlan(plan, table!)
}

/** Until something else fails than what was found. */
async function shrinkPlan(plan: Plan, problems: string[]) {
  const kindOf = (problem: string) => problem.split(":")[0]
  const found = new Set(problems.map(kindOf))
  const least = await shrink(plan, async (smaller) =>
    (await live(smaller)).problems.some((problem) => found.has(kindOf(problem))),
  )
  return { plan: least, history: await live(least) }
}
