import { performance } from "node:perf_hooks"

const LOOK_EVERY_MS = 100
const BUSY = 0.9

/**
 * Whether this process has time for more. On AWS each invocation has a processor of its own; here all share one, and a
 * thousand POSTs begun at once would each look like a slow endpoint's. Those that merely wait take no time. `busy`: from
 * which share of the time on it has none left.
 */
export function watchProcessorLoad(): { hasTime: (busy?: number) => boolean; close: () => void } {
  let last = performance.eventLoopUtilization()
  let share = 0
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    share = performance.eventLoopUtilization(now, last).utilization
    last = now
  }, LOOK_EVERY_MS).unref()
  return { hasTime: (busy = BUSY) => share <= busy, close: () => clearInterval(timer) }
}
