import { kinds, type Kind } from "@ringback/connectors/kinds"
import { runFleet } from "../fleet.ts"
import { addAll, sum, type Tally } from "../tally.ts"
import type { CrmDone, CrmTask } from "./worker.ts"

type Row = { histories: number; calls: number; activities: number; attempts: number }

export type CrmTotal = {
  rows: Record<Kind, Row>
  faults: Tally
  failures: { seed: number; problems: string[] }[]
}

const workerFile = new URL("worker.ts", import.meta.url)

export async function runCrm(options: {
  histories: number
  seed: number
  workers: number
  tell?: (total: CrmTotal) => void
}): Promise<CrmTotal> {
  const { histories, seed, workers, tell } = options
  const total: CrmTotal = {
    rows: Object.fromEntries(
      kinds.map((kind) => [kind, { histories: 0, calls: 0, activities: 0, attempts: 0 }]),
    ) as Record<Kind, Row>,
    faults: {},
    failures: [],
  }
  const tasks = Array.from({ length: histories }, (_, index): CrmTask => ({ seed: seed + index }))
  await runFleet<CrmTask, CrmDone>(workerFile, tasks, workers, (done) => {
    if ("error" in done) total.failures.push({ seed: done.task.seed, problems: [done.error] })
    else {
      const { kind, calls, activities, attempts, faults, problems } = done.history
      const row = total.rows[kind]
      row.histories++
      row.calls += calls
      row.activities += activities
      row.attempts += attempts
      addAll(total.faults, faults)
      if (problems.length > 0) total.failures.push({ seed: done.task.seed, problems })
    }
    tell?.(total)
  })
  return total
}

/** As a person reads it. */
export function formatCrm({ rows, faults, failures }: CrmTotal): string {
  const cells = ["histories", "calls", "activities", "attempts"] as const
  const line = (name: string, values: (string | number)[]) =>
    `  ${name.padEnd(26)}${values.map((each) => String(each).padStart(12)).join("")}`
  return [
    line("", [...cells]),
    ...kinds.map((kind) =>
      line(
        kind,
        cells.map((cell) => rows[kind][cell]),
      ),
    ),
    line("faults", [sum(faults)]),
    ...Object.entries(faults)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => line(`  ${name}`, [count])),
    line("calls missing or twice", [failures.length]),
  ].join("\n")
}

const TELL_MS = 10_000

/** The CRM's part of `npm run prove`. True where each call is one activity. */
export async function proveCrm(options: {
  histories: number
  seed: number
  workers: number
  say: (text: string) => void
}): Promise<boolean> {
  const { histories, seed, workers, say } = options
  say(`${histories} histories of calls into CRMs from seed ${seed}, in ${workers} processes`)
  const startedAt = Date.now()
  let toldAt = startedAt
  const total = await runCrm({
    ...options,
    tell({ rows, failures }) {
      if (Date.now() - toldAt < TELL_MS) return
      toldAt = Date.now()
      const lived = kinds.reduce((all, kind) => all + rows[kind].histories, 0)
      say(`${lived} histories of calls into CRMs, ${failures.length} with a violation`)
    },
  })
  for (const { seed: failed, problems } of total.failures)
    for (const problem of problems.slice(0, 10)) say(`seed ${failed}: ${problem}`)
  say(`\n${formatCrm(total)}\n  took ${Math.round((Date.now() - startedAt) / 1000)} s\n`)
  return total.failures.length === 0
}
