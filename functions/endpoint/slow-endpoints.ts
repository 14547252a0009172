import { everySteadyTick } from "../runtime/steady-ticks.ts"
import { makePostDurations, type PostDurations } from "./post-durations.ts"
import { makeQuickRuns } from "./quick-runs.ts"

/**
 * Tracks which endpoints this process has found slow, so that their deliveries go through the retry
 * queue and delay no other endpoint.
 */
export type Slowness = Omit<PostDurations, "note"> & {
  isSlow: (endpointId: string) => boolean
  /**
   * Watches one POST. Call the returned function when it ends. `onSlow` is called once the POST
   * takes too long and the endpoint is slow by it, and again every 20 s while it is slow.
   */
  watch: (endpointId: string, onSlow: () => void) => () => void
}

const TICK_MS = 250
const SLOW_AFTER_TICKS = 8
/** A response that takes longer than this is slow. */
export const SLOW_AFTER_MS = SLOW_AFTER_TICKS * TICK_MS
/** How long the deliveries of a slow endpoint go through the retry queue. */
export const SLOW_FOR_MS = 60_000
// Twice in the time for which it counts: the interval between POSTs of a share may be half of it.
const TOLD_EVERY_MS = SLOW_FOR_MS / 3

export function makeSlowness(now: () => number, tickMs = TICK_MS): Slowness {
  const slow = new Map<string, { until: number; toldAt: number }>()
  const { note, meanMs, shortMs } = makePostDurations()
  const { noteQuick, noteSlow } = makeQuickRuns()
  return {
    isSlow(endpointId) {
      const found = slow.get(endpointId)
      if (found && found.until > now()) return true
      slow.delete(endpointId)
      return false
    },
    meanMs,
    shortMs,
    watch(endpointId, onSlow) {
      let ticks = 0
      const startedAt = performance.now()
      const stop = everySteadyTick(tickMs, () => {
        if (++ticks < SLOW_AFTER_TICKS) return
        stop()
        if (!noteSlow(endpointId)) return
        // Other workers take it for slow for as long, and are told again before that ends.
        const { toldAt = -Infinity } = slow.get(endpointId) ?? {}
        const isDue = now() - toldAt >= TOLD_EVERY_MS
        const until = now() + SLOW_FOR_MS
        slow.set(endpointId, { until, toldAt: isDue ? now() : toldAt })
        if (isDue) onSlow()
      })
      return () => {
        stop()
        if (ticks < SLOW_AFTER_TICKS) noteQuick(endpointId)
        note(endpointId, performance.now() - startedAt)
      }
    },
  }
}
