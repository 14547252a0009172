import type { Endpoint } from "@ringback/store/endpoint"
import { idOf, type StoredEvent } from "@ringback/store/event"
import type { Sending } from "@ringback/store/order"
import { orderedOf } from "@ringback/webhooks/order"
import { webhookOf } from "../dispatch/event-body.ts"

/** What decides whether an event may still be handed out; undefined where it has no order, or the endpoint asks for none. */
export function sendingOf(endpoint: Endpoint, event: StoredEvent): Sending | undefined {
  if (endpoint.order !== "latest" || event.erased) return undefined
  const { tenant, id: endpointId } = endpoint
  const ordered = orderedOf(webhookOf(tenant, event))
  return ordered && { ...ordered, tenant, endpointId, eventId: idOf(event) }
}
