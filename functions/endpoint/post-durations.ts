/** How long POSTs to each endpoint have taken, as far as this process has seen any. */
export type PostDurations = {
  note: (endpointId: string, tookMs: number) => void
  /** A moving average. */
  meanMs: (endpointId: string) => number | undefined
  /** The shortest of late. Unlike the mean, it does not grow with the load of this process. */
  shortMs: (endpointId: string) => number | undefined
}

// The weight of the latest POST in the moving average.
const LATEST_SHARE = 0.3
// How far a longer POST moves the shortest one, so that an endpoint that has become slower is noticed.
const LONGER_SHARE = 0.02
const MAX_ENDPOINTS = 10_000

export function makePostDurations(maxEndpoints = MAX_ENDPOINTS): PostDurations {
  const durations = new Map<string, { meanMs: number; shortMs: number }>()
  return {
    note(endpointId, tookMs) {
      const { meanMs, shortMs } = durations.get(endpointId) ?? { meanMs: tookMs, shortMs: tookMs }
      durations.delete(endpointId)
      durations.set(endpointId, {
        meanMs: meanMs + (tookMs - meanMs) * LATEST_SHARE,
        shortMs: Math.min(tookMs, shortMs + (tookMs - shortMs) * LONGER_SHARE),
      })
      const [oldest] = durations.keys()
      if (durations.size > maxEndpoints && oldest !== undefined) durations.delete(oldest)
    },
    meanMs: (endpointId) => durations.get(endpointId)?.meanMs,
    shortMs: (endpointId) => durations.get(endpointId)?.shortMs,
  }
}
