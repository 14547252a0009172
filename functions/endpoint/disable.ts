import { formatMillis } from "@ringback/events/stamp"
import * as BreakerState from "@ringback/store/breaker-state"
import type { Delivery } from "@ringback/store/delivery"
import { listDeliveries } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import { eachPage } from "@ringback/store/pages"
import type { DisabledReason } from "@ringback/webhooks/endpoint"
import { LONGEST_SCHEDULE_MS } from "@ringback/webhooks/schedule"
import { formatJob, type Job } from "../messages/job.ts"
import { sendOne } from "../messages/send.ts"
import { freshReceiver, type DeliverDeps } from "./cached-endpoint.ts"

export const DISABLED_AFTER_MS = 5 * 24 * 3600 * 1000

/** Disables an endpoint that has failed for five days, if it truly has: what is cached may say so wrongly. */
export async function disableFailing(deps: DeliverDeps, tenant: string, endpointId: string) {
  const { endpoint, health } = await freshReceiver(deps, tenant, endpointId)
  const since = health.failingSince
  if (!endpoint || endpoint.disabled || since === undefined) return
  if (since > deps.table.now() - DISABLED_AFTER_MS) return
  // A success that another worker did not see as news would be forgotten otherwise.
  if (await hasDelivered(deps, tenant, endpointId, since)) {
    await BreakerState.countAnew(deps.table, tenant, endpointId, since)
    return
  }
  await disableEndpoint(deps, endpoint, "failing", since)
}

async function hasDelivered(
  { table }: DeliverDeps,
  tenant: string,
  endpointId: string,
  since: number,
): Promise<boolean> {
  const arrivedSince = ({ attempts }: Delivery) =>
    attempts.some((each) => each.error === null && each.at >= since)
  const statuses = ["delivered" as const]
  const query = { endpointId, statuses, after: since - LONGEST_SCHEDULE_MS, limit: 250 }
  const read = (cursor?: string) => listDeliveries(table, tenant, { ...query, cursor })
  for await (const { items } of eachPage(read)) if (items.some(arrivedSince)) return true
  return false
}

/** Tells the tenant's other endpoints, disables this one, and has what waits for it held: in that order, each repeatable. */
export async function disableEndpoint(
  deps: Pick<DeliverDeps, "table" | "sqs" | "queues" | "log">,
  endpoint: Endpoint.Endpoint,
  reason: Exclude<DisabledReason, "manual">,
  failingSince: number | undefined,
): Promise<void> {
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
      url: new URL(endpoint.url).origin,
      reason,
      failingSince: failingSince === undefined ? null : formatMillis(failingSince),
    },
  }
  await sendOne(deps.sqs, deps.queues.jobsUrl, formatJob(notice))
  await Endpoint.disable(deps.table, tenant, endpointId, reason, now)
  const hold = formatJob({ v: 1, kind: "hold", tenant, endpointId })
  await sendOne(deps.sqs, deps.queues.jobsUrl, hold)
  deps.log("endpoint.disabled", { endpointId, reason, failingSince })
}
