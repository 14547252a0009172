import { everySteadyTick } from "../runtime/steady-ticks.ts"

/** Which endpoints this process has found slow to answer, so that their deliveries go where they delay nobody. */
export type Slowness = {
  isSlow: (endpointId: string) => boolean
  /** Watches one POST; call the answer when it is over. `onSlow` is called once it takes too long. */
  watch: (endpointId: string, onSlow: () => void) => () => void
}

const TICK_MS = 250
const SLOW_AFTER_TICKS = 8
/** An answer that takes so long is slow. */
export const SLOW_AFTER_MS = SLOW_AFTER_TICKS * TICK_MS
/** How long an endpoint that was slow goes by the other queue. */
export const SLOW_FOR_MS = 60_000

export function makeSlowness(now: () => number, tickMs = TICK_MS): Slowness {
  const slowUntil = new Map<string, number>()
  return {
    isSlow(endpointId) {
      const until = slowUntil.get(endpointId)
      if (until === undefined) return false
      if (until > now()) return true
      slowUntil.delete(endpointId)
      return false
    },
    watch(endpointId, onSlow) {
      let ticks = 0
      const stop = everySteadyTick(tickMs, () => {
        if (++ticks < SLOW_AFTER_TICKS) return
        stop()
        const isNews = !slowUntil.has(endpointId)
        slowUntil.set(endpointId, now() + SLOW_FOR_MS)
        if (isNews) onSlow()
      })
      return stop
    },
  }
}
