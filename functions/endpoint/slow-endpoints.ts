/** Which endpoints this process has found slow to answer, so that their deliveries go where they delay nobody. */
export type Slowness = {
  isSlow: (endpointId: string) => boolean
  /** Watches one POST; call the answer when it is over. `onSlow` is called once it takes too long. */
  watch: (endpointId: string, onSlow: () => void) => () => void
}

const TICK_MS = 250
// A tick that comes so late says that this process is busy, not that the endpoint is slow.
const LATE_MS = 150
const SLOW_AFTER_TICKS = 8
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
      let last = performance.now()
      const timer = setInterval(() => {
        const at = performance.now()
        if (at - last < tickMs + LATE_MS) ticks++
        last = at
        if (ticks < SLOW_AFTER_TICKS) return
        clearInterval(timer)
        const isNews = !slowUntil.has(endpointId)
        slowUntil.set(endpointId, now() + SLOW_FOR_MS)
        if (isNews) onSlow()
      }, tickMs)
      return () => clearInterval(timer)
    },
  }
}
