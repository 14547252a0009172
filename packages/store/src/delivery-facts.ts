import { idOf, type StoredEvent } from "./event.ts"
import { deliveryRef, deliveryRefOf, tenantOf, type DeliveryRef, type Key } from "./keys.ts"

/** What never changes of a delivery: enough to make its item where there is none yet. */
export type DeliveryFacts = {
  tenant: string
  ref: DeliveryRef
  endpointId: string
  eventId: string
  eventType: string
}

/** Of the delivery of an event to an endpoint. Each replay of the event is another delivery, made at that time. */
export function factsOfEvent(
  tenant: string,
  event: StoredEvent,
  endpointId: string,
  replay?: { id: string; at: number },
): DeliveryFacts {
  const eventId = idOf(event)
  const ref = deliveryRef(eventId, endpointId, replay?.at ?? event.receivedAt, replay?.id)
  return { tenant, ref, endpointId, eventId, eventType: event.type }
}

/** Of a delivery's item, or of what an index holds of it. */
export function factsOfItem(
  item: Key & Pick<DeliveryFacts, "endpointId" | "eventId" | "eventType">,
): DeliveryFacts {
  const { endpointId, eventId, eventType } = item
  return { tenant: tenantOf(item), ref: deliveryRefOf(item), endpointId, eventId, eventType }
}
