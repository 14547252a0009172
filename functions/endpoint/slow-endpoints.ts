import { everySteadyTick } from "../runtime/steady-ticks.ts"

/** Which endpoints this process has found slow to answer, so that their deliveries go where they delay nobody. */
export type Slowness = {
  isSlow: (endpointId: string) => boolean
  /** How long a POST takes there, as far as this process has seen any. */
  meanMs: (endpointId: string) => number | undefined
  /** Watches one POST; call the answer when it is over. `onSlow` is called once it takes too long. */
  watch: (endpointId: string, onSlow: () => void) => () => void
}

const TICK_MS = 250
const SLOW_AFTER_TICKS = 8
/** An answer that takes so long is slow. */
export const SLOW_AFTER_MS = SLOW_AFTER_TICKS * TICK_MS
/** How long an endpoint that was slow goes by the other queue. */
export const SLOW_FOR_MS = 60_000

// Of the last few POSTs, the latest counts so much.
const LATEST_SHARE = 0.3
const MAX_MEANS = 10_000

export function makeSlowness(now: () => number, tickMs = TICK_MS): Slowness {
  const slowUntil = new Map<string, number>()
  const means = new Map<string, number>()
  function note(endpointId: string, tookMs: number) {
    const was = means.get(endpointId) ?? tookMs
    means.delete(endpointId)
    means.set(endpointId, was + (tookMs - was) * LATEST_SHARE)
    if (means.size > MAX_MEANS) means.delete(means.keys().next().value!)
  }
  return {
    isSlow(endpointId) {
      const until = slowUntil.get(endpointId)
      if (until === undefined) return false
      if (until > now()) return true
      slowUntil.delete(endpointId)
      return false
    },
    meanMs: (endpointId) => means.get(endpointId),
    watch(endpointId, onSlow) {
      let ticks = 0
      const startedAt = performance.now()
      const stop = everySteadyTick(tickMs, () => {
        if (++ticks < SLOW_AFTER_TICKS) return
        stop()
        const isNews = !slowUntil.has(endpointId)
        slowUntil.set(endpointId, now() + SLOW_FOR_MS)
        if (isNews) onSlow()
      })
      return () => {
        stop()
        note(endpointId, performance.now() - startedAt)
      }
    },
  }
}
