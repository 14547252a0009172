import * as v from "valibot"
import { MessageVersion, toAscii } from "@ringback/events/message"
import { factsOfItem, type DeliveryFacts } from "@ringback/store/delivery-facts"
import type { DueEntry } from "@ringback/store/due"
import { deliveryId, parseDeliveryId } from "@ringback/store/item-keys"

/** A message of the delivery and retry queues: one delivery to attempt. */
export const DeliveryMessage = v.object({
  v: MessageVersion,
  tenant: v.string(),
  deliveryId: v.string(),
  endpointId: v.string(),
  eventId: v.string(),
  eventType: v.string(),
  /**
   * The turn for which the message was made. The message is void once the delivery has another
   * turn.
   */
  turn: v.number(),
  /** Epoch ms. */
  madeAt: v.number(),
  /**
   * Set if this may not be the first message for this turn: the delivery is read before the POST.
   */
  again: v.optional(v.boolean()),
  /** The message is allowed through while the breaker is open. */
  probe: v.optional(v.boolean()),
  /**
   * Requested by a person: neither the breaker nor the rate limit delays it. Many for slow endpoints
   * have a share: see admission.ts.
   */
  manual: v.optional(v.boolean()),
  /** Moved here from the queue of first attempts. */
  moved: v.optional(v.boolean()),
  /** The event's trace. Absent if the event has to be read. */
  trace: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))),
  /** The webhook's body. Absent if it is large: then the event is read. */
  body: v.optional(v.string()),
})
export type DeliveryMessage = v.InferOutput<typeof DeliveryMessage>

// SQS charges each 64 KB as one request. Larger bodies are sent by reference.
const MAX_BODY_BYTES = 62 * 1024

/**
 * A webhook's body, if a message can hold it. An event has one body for all of its messages, so
 * that a large one is measured once.
 */
export const bodyInMessage = (body: string): string | undefined =>
  body.length <= MAX_BODY_BYTES && toAscii(JSON.stringify(body)).length <= MAX_BODY_BYTES
    ? body
    : undefined

export function formatDelivery(message: DeliveryMessage): string {
  const text = toAscii(JSON.stringify(message))
  if (message.body === undefined || text.length <= MAX_BODY_BYTES) return text
  const { body: _, ...reference } = message
  return toAscii(JSON.stringify(reference))
}

/**
 * A message as it is sent. Each endpoint is a group of its own. The embedded queue lets tenants take turns, and
 * then their endpoints: see fair-queue.ts.
 */
export const outgoing = (message: DeliveryMessage) => ({
  body: formatDelivery(message),
  groupId: `${message.tenant}/${message.endpointId}`,
})

export const parseDelivery = (body: string): DeliveryMessage =>
  v.parse(DeliveryMessage, JSON.parse(body))

export function factsOf(message: DeliveryMessage): DeliveryFacts {
  const { tenant, endpointId, eventId, eventType } = message
  const ref = parseDeliveryId(message.deliveryId)
  if (!ref) throw new Error(`${message.deliveryId} is not a delivery id`)
  return { tenant, ref, endpointId, eventId, eventType }
}

/** The message for a delivery, with the fields of this particular message. */
export function messageFor(
  { ref, tenant, endpointId, eventId, eventType }: DeliveryFacts,
  rest: Pick<DeliveryMessage, "turn" | "madeAt"> & Partial<DeliveryMessage>,
): DeliveryMessage {
  return { v: 1, tenant, deliveryId: deliveryId(ref), endpointId, eventId, eventType, ...rest }
}

/** The message for a delivery from its index entry. The delivery is read again before the POST. */
export function messageForEntry(entry: DueEntry, madeAt: number): DeliveryMessage {
  const { eventId = "", eventType = "", turn = 0 } = entry
  const facts = factsOfItem({ ...entry, eventId, eventType })
  return messageFor(facts, { turn, madeAt, again: true })
}

/**
 * The message when its delivery is sent once more. Flags and body belonged to the earlier message
 * only.
 */
export function messageAgain(message: DeliveryMessage, madeAt: number): DeliveryMessage {
  return messageFor(factsOf(message), { turn: message.turn, madeAt, again: true })
}
