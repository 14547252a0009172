import type { Delivery } from "@ringback/store/delivery"
import type { DeliveryFacts } from "@ringback/store/delivery-facts"
import type { Endpoint, PushEndpoint } from "@ringback/store/endpoint"
import type { DeliverDeps, Receiver } from "../endpoint/cached-endpoint.ts"
import type { DeliveryMessage } from "../messages/delivery.ts"
import type { BatchResults } from "./batch-results.ts"
import type { DeliveredLines } from "./delivered-lines.ts"
import type { TakeSlot } from "./slots.ts"

/** The collaborators of the steps of a delivery. */
export type StepDeps = DeliverDeps & {
  results: BatchResults
  delivered: Pick<DeliveredLines, "add">
  takeSlot: TakeSlot
}

/** One message as received from the queue. */
export type Taken = {
  message: DeliveryMessage
  isRepeat: boolean
  /** Whether the remaining time of the function allows another POST. */
  hasTime: () => boolean
}

/** One delivery in the steps of deliver-one.ts: the message, and the data that was read for it. */
export type Work = Taken & {
  facts: DeliveryFacts
  receiver: Receiver
  /** Undefined if the message is certainly the first one: then no delivery is stored yet. */
  delivery: Delivery | undefined
}

/** Whether no decision about the delivery is stored, as far as this worker knows. */
export const isFirst = ({ message, delivery }: Work) => message.turn === 0 && delivery === undefined

/** Whether nothing was sent for it before. It may have waited for a slot. */
export const isFirstAttempt = ({ delivery }: Work) => (delivery?.attemptCount ?? 0) === 0

/** Work whose endpoint exists and is enabled. */
export type CheckedWork = Work & { endpoint: Endpoint }
/** Work whose endpoint also has a URL or a CRM to send to. */
export type ReadyWork = Work & { endpoint: PushEndpoint }
