import { formatMillis } from "@ringback/events/stamp"
import * as BreakerState from "@ringback/store/breaker-state"
import { listDeliveries } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import type { DisabledReason } from "@ringback/webhooks/endpoint"
import { formatJob, type Job } from "../messages/job.ts"
import { sendOne } from "../messages/send.ts"
import { freshReceiver, type DeliverDeps } from "./cached-endpoint.ts"

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

// A worker that had just read a healthy state writes nothing on a success. Its data is ten seconds
// old at most, and its batch lasts a minute: a later success ends the failing state by a write.
const UNRECORDED_MS = 2 * MINUTE_MS

/**
 * This much later than five days, so that all attempts have failed for five days even if a success
 * was not recorded.
 */
export const DISABLED_AFTER_MS = 5 * DAY_MS + UNRECORDED_MS

/**
 * Disables an endpoint that has failed for five days, after checking that it really has: cached
 * data may be wrong.
 */
export async function disableFailing(deps: DeliverDeps, tenant: string, endpointId: string) {
  const { endpoint, health } = await freshReceiver(deps, tenant, endpointId)
  const since = health.failingSince
  if (!endpoint || endpoint.disabled || since === undefined) return
  if (since > deps.table.now() - DISABLED_AFTER_MS) return
  const unrecordedAt = await lastUnrecordedSuccess(deps, tenant, endpointId, since)
  if (unrecordedAt === undefined) await disableEndpoint(deps, endpoint, "failing", since)
  else await BreakerState.failingFrom(deps.table, tenant, endpointId, since, unrecordedAt)
}

const PAGE = 250

/**
 * Reads one page of the time in which a success can be unrecorded: two requests, however long the
 * log is.
 */
async function lastUnrecordedSuccess(
  { table }: DeliverDeps,
  tenant: string,
  endpointId: string,
  since: number,
): Promise<number | undefined> {
  const { items } = await listDeliveries(table, tenant, {
    endpointId,
    statuses: ["delivered"],
    after: since - MINUTE_MS,
    before: since + UNRECORDED_MS,
    limit: PAGE,
  })
  const times = items
    .flatMap(({ attempts }) => attempts)
    .filter(({ error, at }) => error === null && at >= since)
    .map(({ at }) => at)
  return times.length === 0 ? undefined : Math.max(...times)
}

/**
 * Notifies the tenant's other endpoints, disables this one, and has its pending deliveries held.
 * The steps run in that order, and each can be repeated. False if its URL was changed in the
 * meantime: then nothing changes.
 */
export async function disableEndpoint(
  deps: Pick<DeliverDeps, "table" | "sqs" | "queues" | "log">,
  endpoint: Endpoint.Endpoint,
  reason: Exclude<DisabledReason, "manual">,
  failingSince: number | undefined,
): Promise<boolean> {
  const { tenant, id: endpointId, revision } = endpoint
  const now = deps.table.now()
  const notice: Job = {
    v: 1,
    kind: "notify",
    tenant,
    type: "endpoint.disabled",
    at: now,
    identity: [endpointId, failingSince ?? `revision ${revision}`],
    except: endpointId,
    data: {
      endpointId,
      // Only the origin: many receivers have a secret in the path or the query, and the other
      // endpoints receive this event.
      url: endpoint.url === null || endpoint.connector ? null : new URL(endpoint.url).origin,
      reason,
      failingSince: failingSince === undefined ? null : formatMillis(failingSince),
    },
  }
  await sendOne(deps.sqs, deps.queues.jobsUrl, formatJob(notice))
  if (!(await Endpoint.disable(deps.table, endpoint, reason, now))) {
    const fresh = await Endpoint.get(deps.table, tenant, endpointId, { consistent: true })
    if (!fresh || fresh.url !== endpoint.url) return false
  }
  const hold = formatJob({ v: 1, kind: "hold", tenant, endpointId })
  await sendOne(deps.sqs, deps.queues.jobsUrl, hold)
  deps.log("endpoint.disabled", { endpointId, reason, failingSince })
  return true
}
