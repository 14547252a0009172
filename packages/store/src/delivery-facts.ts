import { idOf, type StoredEvent } from "./event.ts"
import { deliveryRef, deliveryRefOf, tenantOf, type DeliveryRef, type Key } from "./item-keys.ts"

/** The immutable fields of a delivery: enough to create its item if there is none yet. */
export type DeliveryFacts = {
  tenant: string
  ref: DeliveryRef
  endpointId: string
  eventId: string
  eventType: string
}

/**
 * The facts of the delivery of an event to an endpoint. Each replay of the event is another
 * delivery, created at the time of the replay.
 */
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

/** The facts from a delivery's item or from its index entry. */
export function factsOfItem(
  item: Key & Pick<DeliveryFacts, "endpointId" | "eventId" | "eventType">,
): DeliveryFacts {
  const { endpointId, eventId, eventType } = item
  return { tenant: tenantOf(item), ref: deliveryRefOf(item), endpointId, eventId, eventType }
}
