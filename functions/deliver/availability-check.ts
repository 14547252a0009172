import * as Delivery from "@ringback/store/delivery"
import { freshReceiver } from "../endpoint/cached-endpoint.ts"
import { availabilityOf } from "../endpoint/availability.ts"
import { countEnd } from "../runtime/delivery-count.ts"
import { formatJob } from "../messages/job.ts"
import { sendOne } from "../messages/send.ts"
import { isFirst, type CheckedWork, type StepDeps, type Work } from "./work.ts"

/**
 * The work with its endpoint. Undefined if the endpoint is disabled or deleted: then the delivery
 * is held or discarded.
 */
export async function stopUnavailable(
  deps: StepDeps,
  work: Work,
): Promise<CheckedWork | undefined> {
  const { message, facts } = work
  const cached = availabilityOf(work.receiver.endpoint)
  if (cached.ok) return { ...work, endpoint: cached.endpoint }
  // Cached data is not sufficient to hold or discard a delivery.
  const receiver = await freshReceiver(deps, facts.tenant, facts.endpointId)
  const fresh = availabilityOf(receiver.endpoint)
  if (fresh.ok) return { ...work, receiver, endpoint: fresh.endpoint }
  await Delivery.advance(deps.table, facts, message.turn, { ...fresh.stop, isNew: isFirst(work) })
  countEnd(deps.metrics, facts, fresh.stop.status)
  // The job that holds what is parked was not sent, or has not come so far. One probe a minute would take it weeks.
  if (message.probe && fresh.stop.status === "held") {
    const { tenant, endpointId } = facts
    const hold = formatJob({ v: 1, kind: "hold", tenant, endpointId })
    await sendOne(deps.sqs, deps.queues.jobsUrl, hold)
  }
  const { deliveryId, eventId } = message
  deps.log("delivery.stopped", { deliveryId, eventId, status: fresh.stop.status })
  return undefined
}
