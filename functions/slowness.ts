/** Which endpoints this process has found slow to answer, so that their deliveries go where they delay nobody. */
export type Slowness = {
  isSlow: (endpointId: string) => boolean
  /** Watches one POST; call the answer when it is over. `onSlow` is called once it takes too long. */
  watch: (endpointId: string, onSlow: () => void) => () => void
}

const SLOW_AFTER_MS = 1_000
/** How long an endpoint that was slow goes by the other queue. */
export const SLOW_FOR_MS = 60_000

export function makeSlowness(now: () => number, slowAfterMs = SLOW_AFTER_MS): Slowness {
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
      const timer = setTimeout(() => {
        const isNews = !slowUntil.has(endpointId)
        slowUntil.set(endpointId, now() + SLOW_FOR_MS)
        if (isNews) onSlow()
      }, slowAfterMs)
      return () => clearTimeout(timer)
    },
  }
}
