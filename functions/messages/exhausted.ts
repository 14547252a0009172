import type { DeliveryFacts } from "@ringback/store/delivery-facts"
import { deliveryId as idOf } from "@ringback/store/item-keys"
import type { Table } from "@ringback/store/table"
import { formatJob } from "./job.ts"
import { sendOne, type SqsSender } from "./send.ts"

export type NoticeDeps = { table: Table; sqs: SqsSender; queues: { jobsUrl: string } }

/**
 * Notifies the tenant's other endpoints that a delivery has failed permanently. This happens before
 * the failure is written, so that a crash in between notifies twice, under one id, and never not at
 * all.
 */
export async function notifyExhausted(
  deps: NoticeDeps,
  { tenant, ref, eventId, eventType, endpointId }: DeliveryFacts,
  { turn, attempts }: { turn: number; attempts: number },
): Promise<void> {
  // Operational events do not cause further ones.
  if (eventType === "delivery.exhausted" || eventType === "endpoint.disabled") return
  const deliveryId = idOf(ref)
  const job = formatJob({
    v: 1,
    kind: "notify",
    tenant,
    type: "delivery.exhausted",
    at: deps.table.now(),
    identity: [deliveryId, turn],
    except: endpointId,
    data: { deliveryId, eventId, endpointId, attempts },
  })
  await sendOne(deps.sqs, deps.queues.jobsUrl, job)
}
