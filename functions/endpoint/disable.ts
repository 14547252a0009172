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

// A worker that had read a moment before that all is well writes nothing of a success. What it read is ten seconds old at
// most, and its batch lasts a minute: a later success ends the failing by a write.
const UNSEEN_MS = 2 * MINUTE_MS

/** So much later than five days, so that all has failed for five days whatever went unseen. */
export const DISABLED_AFTER_MS = 5 * DAY_MS + UNSEEN_MS

/** Disables an endpoint that has failed for five days, if it truly has: what is cached may say so wrongly. */
export async function disableFailing(deps: DeliverDeps, tenant: string, endpointId: string) {
  const { endpoint, health } = await freshReceiver(deps, tenant, endpointId)
  const since = health.failingSince
  if (!endpoint || endpoint.disabled || since === undefined) return
  if (since > deps.table.now() - DISABLED_AFTER_MS) return
  const unseenAt = await lastUnseenSuccess(deps, tenant, endpointId, since)
  if (unseenAt === undefined) await disableEndpoint(deps, endpoint, "failing", since)
  else await BreakerState.failingFrom(deps.table, tenant, endpointId, since, unseenAt)
}

const PAGE = 250

/** Of the while in which one can be unseen, a page: two requests, however long the log is. */
async function lastUnseenSuccess(
  { table }: DeliverDeps,
  tenant: string,
  endpointId: string,
  since: number,
): Promise<number | undefined> {
  const { items } = await listDeliveries(table, tenant, {
    endpointId,
    statuses: ["delivered"],
    after: since - MINUTE_MS,
    before: since + UNSEEN_MS,
    limit: PAGE,
  })
  const times = items
    .flatMap(({ attempts }) => attempts)
    .filter(({ error, at }) => error === null && at >= since)
    .map(({ at }) => at)
  return times.length === 0 ? undefined : Math.max(...times)
}

/**
 * Tells the tenant's other endpoints, disables this one, and has what waits for it held: in that order, each repeatable. False
 * where its URL was changed meanwhile: then it stays as it is.
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
      // Its origin alone: many receivers keep their secret in the path or the query, and others are told of this.
      url: endpoint.url === null ? null : new URL(endpoint.url).origin,
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
