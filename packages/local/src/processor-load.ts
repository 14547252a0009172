import { performance } from "node:perf_hooks"

const LOOK_EVERY_MS = 100
const BUSY = 0.9

/**
 * Whether this process has processor time for more work. It can be called at any rate. On AWS each
 * invocation has its own processor. Here all share one, and a thousand POSTs started at once would
 * each appear slow. Functions that merely wait use no processor time. `busy`: the share of the time
 * above which the processor counts as busy.
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
