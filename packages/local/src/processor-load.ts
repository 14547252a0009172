import { performance } from "node:perf_hooks"

const LOOK_EVERY_MS = 100
const BUSY = 0.9

/**
 * Whether this process has time for more, asked as often as one likes. On AWS each invocation has a processor of its own; here
 * all share one, and a thousand POSTs begun at once would each look like a slow endpoint's. Those that merely wait take no
 * time. `busy`: from which share of the time on it has none left.
 */
export function watchProcessorLoad(): (busy?: number) => boolean {
  let last = performance.eventLoopUtilization()
  let lookedAt = performance.now()
  let share = 0
  return (busy = BUSY) => {
    const at = performance.now()
    if (at - lookedAt >= LOOK_EVERY_MS) {
      const now = performance.eventLoopUtilization()
      share = performance.eventLoopUtilization(now, last).utilization
      last = now
      lookedAt = at
    }
    return share <= busy
  }
}
