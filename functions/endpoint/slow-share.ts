import type { Endpoint } from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { dropSlowSlots, forgetSpread } from "@ringback/store/rate-slots"
import { formatJob } from "../messages/job.ts"
import { MAX_DELAY_SECONDS, sendOne } from "../messages/send.ts"
import { forgetReceiver, noteHealth, type DeliverDeps } from "./cached-endpoint.ts"
import { SLOW_FOR_MS, type Slowness } from "./slow-endpoints.ts"

// THE SHARE OF A SLOW ENDPOINT
//
// All slow endpoints are posted to from the retry queue, which has about 500 concurrent POSTs (infra/facts.ts).
// An endpoint that does not answer would occupy all of them. So POSTs to a slow endpoint start at an interval,
// calculated from their duration, that keeps no more than MAX_IN_FLIGHT of them open at once across all workers.
// Each takes a slot, as under a rate limit. A tenant with more than four slow endpoints has their share once more:
// otherwise twenty of them would occupy all places, and other tenants' slow endpoints and retries would wait.

export const MAX_IN_FLIGHT = 25
export const MAX_IN_FLIGHT_OF_TENANT = 100
/**
 * A POST takes no longer than this. It is also the estimate if this process has seen no POST to the
 * endpoint.
 */
const LONGEST_MS = 15_000
// An endpoint that mostly answers faster occupies few places, however many deliveries it gets.
const HARMLESS_MS = 1_000

/** Whether an endpoint is slow, as recently found by this process or another. */
export const isSlow = (
  slowness: Slowness,
  endpointId: string,
  { slowAt = -Infinity }: Health.Health,
  now: number,
): boolean => now - slowAt < SLOW_FOR_MS || slowness.isSlow(endpointId)

/** The interval between POSTs to a slow endpoint, in ms. 0: no interval. */
export function intervalWhileSlow(meanMs: number | undefined): number {
  const takesMs = Math.min(meanMs ?? LONGEST_MS, LONGEST_MS)
  return takesMs < HARMLESS_MS ? 0 : takesMs / MAX_IN_FLIGHT
}

/** By how much that interval is longer because of the tenant's other slow endpoints: 1 or more. */
export async function stretchOfTenant(
  { table, slowCounts }: Pick<DeliverDeps, "table" | "slowCounts">,
  tenant: string,
): Promise<number> {
  const since = table.now() - SLOW_FOR_MS
  const count = await slowCounts.get(tenant, () => Health.countSlow(table, tenant, since))
  return Math.max(1, (count * MAX_IN_FLIGHT) / MAX_IN_FLIGHT_OF_TENANT)
}

/** Whether deliveries may still have slots of a time when the endpoint was slow, which is over. */
export const hasSlowSlots = ({ slowAt, spreadAt = 0 }: Health.Health, now: number): boolean =>
  slowAt !== undefined && spreadAt < slowAt && now - slowAt >= SLOW_FOR_MS

const SOON_MS = 60_000

/** Has an endpoint's deliveries spread anew that wait for slots of the time when it was slow. */
export async function spreadAfterSlow(
  { table, sqs, queues, receivers }: Pick<DeliverDeps, "table" | "sqs" | "queues" | "receivers">,
  { tenant, id: endpointId, rateLimit }: Pick<Endpoint, "tenant" | "id" | "rateLimit">,
): Promise<void> {
  // What is due before goes on soon without a job. A rate limit has slots of its own, which must hold.
  const until = table.now() + (rateLimit === null ? SOON_MS : MAX_DELAY_SECONDS * 1_000)
  const dropped = await dropSlowSlots(table, tenant, endpointId, until)
  // Otherwise each of this worker's deliveries would ask the table again.
  if (!dropped) return forgetReceiver({ receivers }, tenant, endpointId)
  const { health, isDropped } = dropped
  try {
    const job = formatJob({ v: 1, kind: "spread", tenant, endpointId })
    if (isDropped) await sendOne(sqs, queues.jobsUrl, job)
  } catch (error) {
    // The next delivery asks again. Otherwise these would wait for their slots, for hours.
    await forgetSpread(table, tenant, endpointId, { at: health.spreadAt!, until })
    throw error
  }
  noteHealth({ receivers }, tenant, endpointId, health)
}
