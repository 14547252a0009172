import type { Metrics } from "@ringback/telemetry/metric"
import type { SQSClient } from "@aws-sdk/client-sqs"
import * as BreakerState from "@ringback/store/breaker-state"
import { announceChange } from "@ringback/store/changes"
import { listDue, moveDue, parkingShards, type DueEntry } from "@ringback/store/due"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { tenantOf } from "@ringback/store/item-keys"
import type { Table } from "@ringback/store/table"
import { isWaking } from "@ringback/store/wake-position"
import { messageForEntry, outgoing, type DeliveryMessage } from "../messages/delivery.ts"
import { formatJob } from "../messages/job.ts"
import { takeDue } from "../messages/retry-transport.ts"
import { sendOne } from "../messages/send.ts"
import type { Log } from "../runtime/log.ts"
import {
  cachedReceiver,
  forgetReceiver,
  freshReceiver,
  isHealthy,
  noteHealth,
  type DeliverDeps,
} from "./cached-endpoint.ts"
import { DISABLED_AFTER_MS, disableFailing } from "./disable.ts"

// THE CIRCUIT BREAKER OF AN ENDPOINT
//
//   state      | what happens                              | becomes            | by
//   -----------|-------------------------------------------|--------------------|----------------------------------
//   closed     | ten failures in a row, over two minutes   | open               | recordFailures: BreakerState.open
//   open       | a delivery is due                         | open; it is parked | allowsAttempt, retry-transport.ts
//   open       | a minute has passed                       | half-open          | onDue: one parked delivery is sent
//   half-open  | the probe is about to be attempted        | half-open          | allowsAttempt: takeProbe, a lease
//   half-open  | the probe fails, or its lease ends        | open               | -
//   half-open  | the probe ends without a request          | open, half-open    | probeAnother: the next one is sent
//   open,      | a success, also of a manual attempt       | closed, waking     | recordSuccess: BreakerState.close
//   half-open  |                                           |                    |
//   waking     | each two minutes while something is parked| waking             | onDue: the job `wake` sends it
//   waking     | two minutes, and nothing is parked        | closed             | onDue: BreakerState.endWaking
//   any        | enabled again, or being deleted           | closed, waking     | BreakerState.resetAndWake
//   any        | deleted, and nothing is pending           | -                  | jobs/erase.ts: Health.remove
//   any        | everything fails for five days            | endpoint disabled  | disable.ts
//
// The state is stored by breaker-state.ts of the store. Half-open is open with a lease that has not expired.

/** The collaborators of `release`. */
export type ReleaseDeps = {
  table: Table
  sqs: SQSClient
  queues: { retryUrl: string; jobsUrl: string }
  log: Log
  metrics?: Metrics | undefined
}

const MINUTE_MS = 60_000
export const OPENS_AFTER_FAILURES = 10
export const OPENS_AFTER_MS = 2 * MINUTE_MS
export const PROBE_EVERY_MS = MINUTE_MS
// Twice as long as an attempt. Probes are not exactly a minute apart: the lease of one must have ended
// when the next one comes a little early.
export const PROBE_LEASE_MS = 30_000
// A worker whose cached breaker state was open may still park a delivery. It runs for a minute at
// most.
export const WAKES_FOR_MS = 2 * MINUTE_MS

/** Whether a delivery can be attempted. The state is read again before a delivery is parked. */
export async function allowsAttempt(
  deps: DeliverDeps,
  { tenant, endpointId, probe }: DeliveryMessage,
  health: Health.Health,
): Promise<boolean> {
  if (!BreakerState.isOpen(health)) return true
  const fresh = await freshReceiver(deps, tenant, endpointId)
  if (!BreakerState.isOpen(fresh.health)) return true
  if (!probe) return false
  return (
    (await BreakerState.takeProbe(deps.table, tenant, endpointId, PROBE_LEASE_MS)) !== undefined
  )
}

/** Records a success. Nothing is written if the breaker is closed and nothing had failed. */
export async function recordSuccess(
  deps: DeliverDeps,
  tenant: string,
  endpointId: string,
): Promise<void> {
  const { endpoint, health } = await cachedReceiver(deps, tenant, endpointId)
  if (!endpoint) return
  if (health.failingSince === undefined && !BreakerState.isOpen(health)) return
  const closed = await BreakerState.close(deps.table, tenant, endpointId)
  // It was closed by another worker: what else there is of its health is not known.
  if (closed) noteHealth(deps, tenant, endpointId, closed)
  else forgetReceiver(deps, tenant, endpointId)
  deps.log("breaker.closed", { endpointId })
}

/** Records for how long an endpoint that also accepts webhooks asked for a pause. */
export async function recordPause(
  deps: DeliverDeps,
  tenant: string,
  endpointId: string,
  pauseMs: number,
): Promise<void> {
  const { table } = deps
  const { health: known } = await cachedReceiver(deps, tenant, endpointId)
  if (isHealthy(known, table.now())) await announceChange(table, tenant)
  const paused = await Health.pause(table, tenant, endpointId, table.now() + pauseMs)
  if (paused) noteHealth(deps, tenant, endpointId, paused)
}

/** Records consecutive failures, and how long the endpoint asked for a pause. */
export async function recordFailures(
  deps: DeliverDeps,
  tenant: string,
  endpointId: string,
  { count, pauseMs }: { count: number; pauseMs: number },
): Promise<void> {
  const { table } = deps
  const { endpoint, health: known } = await cachedReceiver(deps, tenant, endpointId)
  if (!endpoint) return
  // The first failure of a streak: other workers assume that the endpoint is healthy until the
  // change is announced. Who recorded it has announced it. If each of the workers that do not know
  // of it yet did so too, hundreds of workers would use up the one partition of announcements.
  const wasWell =
    isHealthy(known, table.now()) &&
    isHealthy((await freshReceiver(deps, tenant, endpointId)).health, table.now())
  if (wasWell) await announceChange(table, tenant)
  const failed = await BreakerState.recordFailures(table, tenant, endpointId, count)
  if (!wasWell && failed?.failures === count) await announceChange(table, tenant)
  const until = table.now() + pauseMs
  const paused = pauseMs > 0 ? await Health.pause(table, tenant, endpointId, until) : undefined
  const health = paused ?? failed
  if (!health) return
  noteHealth(deps, tenant, endpointId, health)
  await judge(deps, endpoint, health)
}

/** Decides after a failure whether to open the breaker and whether to disable the endpoint. */
export async function judge(
  deps: DeliverDeps,
  { tenant, id: endpointId }: Endpoint.Endpoint,
  health: Health.Health,
): Promise<void> {
  const now = deps.table.now()
  const failingMs = now - (health.failingSince ?? now)
  if (failingMs >= DISABLED_AFTER_MS) return disableFailing(deps, tenant, endpointId)
  const isDue = health.failures >= OPENS_AFTER_FAILURES && failingMs >= OPENS_AFTER_MS
  if (!isDue || BreakerState.isOpen(health)) return
  const opened = await BreakerState.open(deps.table, tenant, endpointId, now + PROBE_EVERY_MS)
  if (!opened) return
  noteHealth(deps, tenant, endpointId, opened)
  deps.log("breaker.opened", { endpointId, failingSince: health.failingSince })
}

/**
 * Handles the due entry of an endpoint: if its breaker is open, a probe is sent; if it is waking,
 * parked deliveries are sent.
 */
export async function onDue(deps: ReleaseDeps, entry: DueEntry): Promise<void> {
  const { table } = deps
  const { endpointId } = entry
  const tenant = tenantOf(entry)
  const health = await Health.get(table, tenant, endpointId, { consistent: true })
  if (BreakerState.isOpen(health)) return sendProbe(deps, entry)
  const waiting = await longestParked(table, endpointId)
  if (!waiting && table.now() - (health.wokenAt ?? 0) > WAKES_FOR_MS) {
    await BreakerState.endWaking(table, tenant, endpointId)
    return
  }
  const again = { at: table.now() + WAKES_FOR_MS, shard: entry.dueShard }
  if (!(await moveDue(table, entry, again)) || !waiting || isWaking(health, table.now())) return
  const job = formatJob({ v: 1, kind: "wake", tenant, endpointId })
  await sendOne(deps.sqs, deps.queues.jobsUrl, job)
}

async function sendProbe({ table, sqs, queues }: ReleaseDeps, entry: DueEntry): Promise<void> {
  const now = table.now()
  const next = { at: now + PROBE_EVERY_MS, shard: entry.dueShard }
  if (!(await moveDue(table, entry, next))) return
  const { endpointId } = entry
  const waiting = await longestParked(table, endpointId)
  if (!waiting) return forgetIfGone(table, tenantOf(entry), endpointId)
  await sendAsProbe({ table, sqs, queues }, waiting)
}

type ProbeDeps = Pick<ReleaseDeps, "table" | "sqs"> & { queues: { retryUrl: string } }

async function sendAsProbe({ table, sqs, queues }: ProbeDeps, waiting: DueEntry): Promise<void> {
  if (!(await takeDue(table, waiting))) return
  const probe = { ...messageForEntry(waiting, table.now()), probe: true }
  await sendOne(sqs, queues.retryUrl, outgoing(probe))
}

/**
 * A probe whose delivery ended without a request, for example because its transform did not want it, shows nothing. If
 * the next one came a minute later, and so on, an endpoint that is well would get nothing for hours.
 */
export async function probeAnother(
  deps: ProbeDeps,
  { tenant, endpointId, probe }: DeliveryMessage,
): Promise<void> {
  if (!probe || !(await BreakerState.returnProbe(deps.table, tenant, endpointId))) return
  const waiting = await longestParked(deps.table, endpointId)
  if (waiting) await sendAsProbe(deps, waiting)
}

/**
 * A worker may have opened the breaker of an endpoint that was just deleted. Without this, its
 * entry would fall due forever.
 */
async function forgetIfGone(table: Table, tenant: string, endpointId: string): Promise<void> {
  if (await Endpoint.get(table, tenant, endpointId, { consistent: true })) return
  await Health.remove(table, tenant, endpointId)
}

async function longestParked(table: Table, endpointId: string): Promise<DueEntry | undefined> {
  const pages = await Promise.all(
    parkingShards(endpointId).map((shard) => listDue(table, shard, Number.MAX_SAFE_INTEGER, 1)),
  )
  const first = pages.flatMap(({ entries }) => entries)
  return first.reduce<DueEntry | undefined>(
    (best, each) => (best && best.dueAt <= each.dueAt ? best : each),
    undefined,
  )
}
