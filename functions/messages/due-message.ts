import { tenantOf, type DueEntry } from "@ringback/store/due"
import { deliveryId, deliveryRefOf } from "@ringback/store/keys"
import type { DeliveryMessage } from "./delivery.ts"

/** Released and not heard of again for so long: released once more. */
export const RELEASED_AGAIN_MS = 15 * 60_000

/** The message for a delivery as the index shows it; it is read again before the POST. */
export function messageOf(entry: DueEntry, now: number): DeliveryMessage {
  return {
    v: 1,
    tenant: tenantOf(entry),
    deliveryId: deliveryId(deliveryRefOf(entry)),
    endpointId: entry.endpointId,
    eventId: entry.eventId ?? "",
    eventType: entry.eventType ?? "",
    turn: entry.turn ?? 0,
    madeAt: now,
    again: true,
  }
}
