import type { Health } from "@ringback/store/health"
import { SLOW_FOR_MS, type Slowness } from "./slow-endpoints.ts"

// THE SHARE OF A SLOW ENDPOINT
//
// All slow endpoints are posted to from the retry queue, which has some 500 POSTs under way at once (infra/facts.ts). Who
// hangs would take them all. So POSTs to a slow endpoint begin so far apart that, by how long they take, no more than
// MAX_UNDER_WAY of them are under way at once, whichever workers send them: each takes a slot, as under a rate limit.

export const MAX_UNDER_WAY = 25
/** A POST takes no longer; so long it is taken to take where this process has seen none. */
const LONGEST_MS = 15_000
// Who mostly answers sooner holds few places, whatever it gets.
const HARMLESS_MS = 1_000

/** Whether an endpoint is slow, as this process or another has found of late. */
export const isSlow = (
  slowness: Slowness,
  endpointId: string,
  { slowAt = -Infinity }: Health,
  now: number,
): boolean => now - slowAt < SLOW_FOR_MS || slowness.isSlow(endpointId)

/** How far apart the POSTs to an endpoint begin that is slow, in ms; 0: as they come. */
export function intervalWhileSlow(meanMs: number | undefined): number {
  const takesMs = Math.min(meanMs ?? LONGEST_MS, LONGEST_MS)
  return takesMs < HARMLESS_MS ? 0 : takesMs / MAX_UNDER_WAY
}
