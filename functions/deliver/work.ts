import type { Delivery } from "@ringback/store/delivery"
import type { DeliveryFacts } from "@ringback/store/delivery-facts"
import type { Endpoint } from "@ringback/store/endpoint"
import type { DeliverDeps, Receiver } from "../endpoint/cached-endpoint.ts"
import type { DeliveryMessage } from "../messages/delivery.ts"
import type { BatchResults } from "./batch-results.ts"

/** What the steps of one delivery work with. */
export type StepDeps = DeliverDeps & { results: BatchResults }

/** One message as the queue handed it out. */
export type Taken = {
  message: DeliveryMessage
  isRepeat: boolean
  /** Whether the function's time allows for another POST. */
  hasTime: () => boolean
}

/** One delivery on its way through the steps of deliver-one.ts: the message, and what was read for it. */
export type Work = Taken & {
  facts: DeliveryFacts
  receiver: Receiver
  /** Undefined where the message was the first for sure: then nothing is on record yet. */
  delivery: Delivery | undefined
}

/** Work whose endpoint is there and enabled. */
export type ReadyWork = Work & { endpoint: Endpoint }
