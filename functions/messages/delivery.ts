import * as v from "valibot"
import { toAscii } from "@ringback/events/message"
import { factsOfItem, type DeliveryFacts } from "@ringback/store/delivery-facts"
import type { DueEntry } from "@ringback/store/due"
import { deliveryId, parseDeliveryId } from "@ringback/store/keys"

/** What the delivery and retry queues carry: one delivery to be attempted. */
export const DeliveryMessage = v.object({
  v: v.literal(1),
  tenant: v.string(),
  deliveryId: v.string(),
  endpointId: v.string(),
  eventId: v.string(),
  eventType: v.string(),
  /** The turn it was made for; void once the delivery has another. */
  turn: v.number(),
  /** Epoch ms. */
  madeAt: v.number(),
  /** Not the first message for this turn, or not surely: the delivery is read before the POST. */
  again: v.optional(v.boolean()),
  /** It may go to an endpoint that rests. */
  probe: v.optional(v.boolean()),
  /** Somebody asked for it: neither rest nor rate hold it up. */
  manual: v.optional(v.boolean()),
  /** It was moved here from the queue of first attempts. */
  moved: v.optional(v.boolean()),
  /** The webhook's body; absent where it is large: then the event is read. */
  body: v.optional(v.string()),
})
export type DeliveryMessage = v.InferOutput<typeof DeliveryMessage>

// SQS charges 64 KB as one request: what is larger travels by reference.
const MAX_BODY_BYTES = 62 * 1024

export function formatDelivery(message: DeliveryMessage): string {
  const text = toAscii(JSON.stringify(message))
  if (message.body === undefined || text.length <= MAX_BODY_BYTES) return text
  const { body: _, ...reference } = message
  return toAscii(JSON.stringify(reference))
}

export const parseDelivery = (body: string): DeliveryMessage =>
  v.parse(DeliveryMessage, JSON.parse(body))

export function factsOf(message: DeliveryMessage): DeliveryFacts {
  const { tenant, endpointId, eventId, eventType } = message
  const ref = parseDeliveryId(message.deliveryId)
  if (!ref) throw new Error(`${message.deliveryId} is no delivery id`)
  return { tenant, ref, endpointId, eventId, eventType }
}

/** The message for a delivery, and what is said of this one. */
export function messageFor(
  { ref, tenant, endpointId, eventId, eventType }: DeliveryFacts,
  rest: Pick<DeliveryMessage, "turn" | "madeAt"> & Partial<DeliveryMessage>,
): DeliveryMessage {
  return { v: 1, tenant, deliveryId: deliveryId(ref), endpointId, eventId, eventType, ...rest }
}

/** The message for a delivery as the index shows it; it is read again before the POST. */
export function messageForEntry(entry: DueEntry, madeAt: number): DeliveryMessage {
  const { eventId = "", eventType = "", turn = 0 } = entry
  const facts = factsOfItem({ ...entry, eventId, eventType })
  return messageFor(facts, { turn, madeAt, again: true })
}

/** What becomes of a message when its delivery is sent once more: marks and body were this one's alone. */
export function messageAgain(message: DeliveryMessage, madeAt: number): DeliveryMessage {
  return messageFor(factsOf(message), { turn: message.turn, madeAt, again: true })
}
