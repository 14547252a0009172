import { formatEdge, runEdge } from "./fleet.ts"
import { formatPlan } from "./plan.ts"

const TELL_MS = 10_000

/** The edge's part of `npm run prove`. True where nothing is wrong. */
export async function proveEdge(options: {
  histories: number
  seed: number
  workers: number
  isPlain: boolean
  say: (text: string) => void
}): Promise<boolean> {
  const { histories, seed, workers, say } = options
  say(`${histories} histories of the edge from seed ${seed}, in ${workers} processes`)
  const startedAt = Date.now()
  let toldAt = startedAt
  const total = await runEdge({
    ...options,
    hasToShrink: true,
    tell(total, failure) {
      if (failure) {
        say(`seed ${failure.seed}:`)
        for (const problem of failure.problems.slice(0, 10)) say(`  ${problem}`)
        say(failure.least)
      }
      if (Date.now() - toldAt < TELL_MS) return
      toldAt = Date.now()
      say(`${total.histories} histories of the edge, ${total.failures.length} with a violation`)
    },
  })
  say(`\n${formatEdge(total)}\n  took ${Math.round((Date.now() - startedAt) / 1000)} s\n`)
  return total.failures.length === 0
}

/** Lives through one seed, and says all that was done and logged. */
export async function replayEdge(seed: number, say: (text: string) => void): Promise<boolean> {
  // It replaces parts of Node, which nobody else here needs.
  const { liveSeed } = await import("./worker.ts")
  const done = await liveSeed({ seed, hasToShrink: true })
  if ("error" in done) throw new Error(done.error)
  const { history, least } = done
  for (const line of history.lines) say(line)
  for (const problem of history.problems) say(problem)
  if (!least) return true
  say("\nits least form:")
  for (const line of least.history.lines) say(line)
  for (const problem of least.history.problems) say(problem)
  say(formatPlan(least.plan))
  return false
}
