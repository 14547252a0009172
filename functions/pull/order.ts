import type { Endpoint } from "@ringback/store/endpoint"
import { idOf, type StoredEvent } from "@ringback/store/event"
import type { Sending } from "@ringback/store/order"
import { orderedOf } from "@ringback/webhooks/order"
import { webhookOf } from "../dispatch/stored-event-body.ts"

/**
 * The data that decides whether an event can still be returned. Undefined if the event or the
 * endpoint has no order.
 */
export function sendingOf(endpoint: Endpoint, event: StoredEvent): Sending | undefined {
  if (endpoint.order !== "latest" || event.erased) return undefined
  const { tenant, id: endpointId } = endpoint
  const ordered = orderedOf(webhookOf(tenant, event))
  return ordered && { ...ordered, tenant, endpointId, eventId: idOf(event) }
}
