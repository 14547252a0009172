import type { Endpoint } from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { dropSlots, dropSlowSlots, forgetSpread, moveSlots } from "@ringback/store/rate-slots"
import type { Table } from "@ringback/store/table"
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

// Of the mean that is expected while the first slow POST is under way.
const FIRST_SLOW_SHARE = 0.3

/**
 * How long the POSTs of an endpoint take that is slow just now, in ms, with their mean so far.
 * `isNew`: the mean is of the time before, and the POST that is under way may take the longest time.
 */
export const estimateMs = (meanMs: number | undefined, isNew: boolean): number | undefined =>
  meanMs !== undefined && isNew ? meanMs + (LONGEST_MS - meanMs) * FIRST_SLOW_SHARE : meanMs

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
  return stretchOf(await slowCounts.get(tenant, () => countSlow(table, tenant)))
}

const countSlow = (table: Table, tenant: string) =>
  Health.countSlow(table, tenant, table.now() - SLOW_FOR_MS)

const stretchOf = (slowCount: number) =>
  Math.max(1, (slowCount * MAX_IN_FLIGHT) / MAX_IN_FLIGHT_OF_TENANT)

/** The interval of the endpoint's share by what all workers know of it, in ms. 0: it has none. */
export async function intervalOfShare(
  table: Table,
  tenant: string,
  endpointId: string,
): Promise<number> {
  const options = { consistent: true }
  const { slowAt = -Infinity, slowMs } = await Health.get(table, tenant, endpointId, options)
  if (table.now() - slowAt >= SLOW_FOR_MS) return 0
  return intervalWhileSlow(slowMs) * stretchOf(await countSlow(table, tenant))
}

/** The interval of a rate limit, in ms. */
export const ownIntervalOf = (rateLimit: number | null): number =>
  rateLimit === null ? 0 : 1000 / rateLimit

/** What is sent sooner keeps its slot when a rate limit changes. */
export const BEING_SENT_MS = 5_000

/** Restarts the slots of an endpoint whose rate limit changed. That gives no slow one a POST more. */
export async function restartSlots(table: Table, tenant: string, endpointId: string) {
  const intervalMs = await intervalOfShare(table, tenant, endpointId)
  if (intervalMs === 0) return dropSlots(table, tenant, endpointId)
  const from = table.now() + BEING_SENT_MS + Math.ceil(intervalMs)
  return moveSlots(table, tenant, endpointId, from)
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
