import { runFleet } from "../fleet.ts"
import { addAll, type Tally } from "../tally.ts"
import { formatPlan } from "./plan.ts"
import type { EdgeDone, EdgeTask } from "./worker.ts"

const file = new URL("child.ts", import.meta.url)

export type EdgeTotal = {
  histories: number
  simulatedMs: number
  counts: Tally
  failures: { seed: number; problems: string[]; least: string }[]
}

/** Lives through so many histories from a seed on, in several processes. Each that fails is told of, in its least form. */
export async function runEdge(options: {
  histories: number
  seed: number
  workers: number
  hasToShrink: boolean
  /** One clock, and a module that is always there. */
  isPlain?: boolean
  tell?: (total: EdgeTotal, failure?: EdgeTotal["failures"][number]) => void
}): Promise<EdgeTotal> {
  const { histories, seed, workers, hasToShrink, isPlain = false, tell } = options
  const total: EdgeTotal = { histories: 0, simulatedMs: 0, counts: {}, failures: [] }
  const tasks = Array.from({ length: histories }, (_, index) => ({
    seed: seed + index,
    hasToShrink,
    isPlain,
  }))
  await runFleet<EdgeTask, EdgeDone>(file, tasks, workers, (done) => {
    total.histories++
    const failure = add(total, done)
    tell?.(total, failure)
  })
  return total
}

function add(total: EdgeTotal, done: EdgeDone) {
  const { seed } = done.task
  if ("error" in done) return fail(total, { seed, problems: [done.error], least: "" })
  const { history, least } = done
  total.simulatedMs += history.simulatedMs
  addAll(total.counts, history.counts)
  if (history.problems.length === 0) return undefined
  const problems = least?.history.problems ?? history.problems
  return fail(total, { seed, problems, least: least ? formatPlan(least.plan) : "" })
}

function fail(total: EdgeTotal, failure: EdgeTotal["failures"][number]) {
  total.failures.push(failure)
  return failure
}

/** As a person reads it. */
export function formatEdge({ histories, simulatedMs, counts, failures }: EdgeTotal): string {
  const rows: [string, string | number][] = [
    ["histories of the edge", histories],
    ["  simulated hours", Math.round(simulatedMs / 3_600_000)],
    ...Object.entries(counts).map(([name, count]): [string, number] => [`  ${name}`, count]),
    ["  of them with a violation", failures.length],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n")
}
