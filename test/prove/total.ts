import { addAll, sum, type Tally } from "./tally.ts"
import type { Done } from "./worker.ts"

/** All histories' books together. */
export type Total = {
  histories: number
  calm: number
  overHttp: number
  events: number
  accepted: number
  byStatus: Tally
  operational: number
  posts: number
  taken: number
  duplicates: number
  needless: number
  superseded: number
  faults: Tally
  answers: Tally
  simulatedMs: number
  lost: number
  failures: { seed: number; events?: number | undefined; problems: string[]; lines: string[] }[]
}

export const makeTotal = (): Total => ({
  histories: 0,
  calm: 0,
  overHttp: 0,
  events: 0,
  accepted: 0,
  byStatus: {},
  operational: 0,
  posts: 0,
  taken: 0,
  duplicates: 0,
  needless: 0,
  superseded: 0,
  faults: {},
  answers: {},
  simulatedMs: 0,
  lost: 0,
  failures: [],
})

export function addDone(total: Total, done: Done): void {
  total.histories++
  if ("error" in done) {
    total.failures.push({ ...done.task, problems: [done.error], lines: [] })
    return
  }
  const { history, task } = done
  total.calm += Number(history.isCalm)
  total.overHttp += Number(history.isOverHttp)
  const counts = [
    "events",
    "accepted",
    "operational",
    "posts",
    "taken",
    "duplicates",
    "needless",
    "superseded",
  ] as const
  for (const name of counts) total[name] += history[name]
  total.simulatedMs += history.simulatedMs
  for (const name of ["byStatus", "faults", "answers"] as const) addAll(total[name], history[name])
  const { problems, lines } = history
  total.lost += problems.filter((problem) => problem.startsWith("LOST")).length
  if (problems.length > 0) total.failures.push({ ...task, problems, lines })
}

/** As a person reads it. */
export function formatTotal(total: Total): string {
  const share = (100 * total.duplicates) / Math.max(1, total.taken)
  const needless = (100 * total.needless) / Math.max(1, total.taken)
  const rows: [string, string | number][] = [
    ["histories", total.histories],
    ["  of them without any fault", total.calm],
    ["  of them over real sockets", total.overHttp],
    ["simulated days", Math.round(total.simulatedMs / 86_400_000)],
    ["events sent", total.events],
    ["operational events made", total.operational],
    ["accepted deliveries", total.accepted],
    ...ordered(total.byStatus, "  "),
    ["POSTs", total.posts],
    ...ordered(total.answers, "  answered "),
    ["faults", sum(total.faults)],
    ...ordered(total.faults, "  "),
    ["webhooks taken by receivers", total.taken],
    ["  again without being asked", `${total.duplicates} (${share.toFixed(2)} %)`],
    ["  though each was answered 2xx", `${total.needless} (${needless.toFixed(2)} %)`],
    ["superseded by a newer version", total.superseded],
    ["histories whose ledger fails", total.failures.length],
    ["lost", total.lost],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n")
}

const ordered = (tally: Tally, prefix: string) =>
  Object.entries(tally)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]): [string, number] => [prefix + name, count])
