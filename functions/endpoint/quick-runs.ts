// WHETHER A SLOW POST MAKES AN ENDPOINT SLOW
//
// A busy endpoint answers slowly now and then. One slow answer in hundreds is no reason to send all
// of its deliveries through the retry queue. So the first slow POST after ENOUGH_QUICK quick ones is
// forgiven, and the count starts again. An endpoint that hangs is found at the second slow POST, also
// if that one is under way at the same moment.

/** How many POSTs in a row each endpoint has answered quickly, as far as this process has seen. */
export type QuickRuns = {
  noteQuick: (endpointId: string) => void
  /** Notes a slow POST. Whether the endpoint is slow by it. */
  noteSlow: (endpointId: string) => boolean
}

/** After this many quick POSTs in a row, a single slow one does not make an endpoint slow. */
export const ENOUGH_QUICK = 100
const MAX_ENDPOINTS = 10_000

export function makeQuickRuns(maxEndpoints = MAX_ENDPOINTS): QuickRuns {
  const runs = new Map<string, number>()
  return {
    noteQuick(endpointId) {
      const count = runs.get(endpointId) ?? 0
      runs.delete(endpointId)
      runs.set(endpointId, Math.min(count + 1, ENOUGH_QUICK))
      const [oldest] = runs.keys()
      if (runs.size > maxEndpoints && oldest !== undefined) runs.delete(oldest)
    },
    noteSlow(endpointId) {
      const count = runs.get(endpointId) ?? 0
      runs.delete(endpointId)
      return count < ENOUGH_QUICK
    },
  }
}
