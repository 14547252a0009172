import { formatMillis } from "@ringback/events/stamp"
import type { Delivery } from "@ringback/store/delivery"
import { listDeliveries } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import type { DisabledReason } from "@ringback/webhooks/endpoint"
import { formatJob, type Job } from "../messages/job.ts"
import { freshReceiver, noteHealth, type DeliverDeps } from "./cached-endpoint.ts"
import { sendOne } from "../messages/send.ts"

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

const RESTS_AFTER_FAILURES = 10
const RESTS_AFTER_MS = 2 * MINUTE_MS
export const PROBE_EVERY_MS = MINUTE_MS
export const DISABLED_AFTER_MS = 5 * DAY_MS
// The longest a delivery may have been on its way when it arrived after all.
const SCHEDULE_MS = 4 * DAY_MS

/** After a failure: does the endpoint rest now, is it to be disabled? */
export async function considerEndpoint(
  deps: DeliverDeps,
  tenant: string,
  endpoint: Endpoint.Endpoint,
  health: Health.Health,
): Promise<void> {
  const now = deps.table.now()
  const failingMs = now - (health.failingSince ?? now)
  if (failingMs >= DISABLED_AFTER_MS) return disableFailing(deps, tenant, endpoint.id)
  const isDue = health.failures >= RESTS_AFTER_FAILURES && failingMs >= RESTS_AFTER_MS
  if (!isDue || health.state === "resting") return
  const resting = await Health.rest(deps.table, tenant, endpoint.id, now + PROBE_EVERY_MS)
  if (!resting) return
  noteHealth(deps, tenant, endpoint.id, resting)
  deps.log("endpoint.rests", { endpointId: endpoint.id, failingSince: health.failingSince })
}

async function disableFailing(deps: DeliverDeps, tenant: string, endpointId: string) {
  const { endpoint, health } = await freshReceiver(deps, tenant, endpointId)
  const since = health.failingSince
  if (!endpoint || endpoint.disabled || since === undefined) return
  if (since > deps.table.now() - DISABLED_AFTER_MS) return
  // A success that another worker did not see as news would be forgotten otherwise.
  if (await hasDelivered(deps, tenant, endpointId, since)) {
    await Health.cleared(deps.table, tenant, endpointId, since)
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
  let cursor: string | undefined
  do {
    const page = await listDeliveries(table, tenant, {
      endpointId,
      statuses: ["delivered"],
      after: since - SCHEDULE_MS,
      limit: 250,
      cursor,
    })
    if (page.items.some(arrivedSince)) return true
    cursor = page.next
  } while (cursor !== undefined)
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
  // Its origin alone: many receivers keep their secret in the path or the query, and others are told of this.
  const url = endpoint.url === null ? null : new URL(endpoint.url).origin
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
      url,
      reason,
      failingSince: failingSince === undefined ? null : formatMillis(failingSince),
    },
  }
  await sendOne(deps.sqs, deps.queues.jobsUrl, formatJob(notice))
  await Endpoint.disable(deps.table, tenant, endpointId, reason, now)
  await sendOne(
    deps.sqs,
    deps.queues.jobsUrl,
    formatJob({ v: 1, kind: "hold", tenant, endpointId }),
  )
  deps.log("endpoint.disabled", { endpointId, reason, failingSince })
}
