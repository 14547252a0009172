import type { EventMessage } from "@ringback/events/message"
import type { Accepted } from "../dispatch/fan-out.ts"

export type ReceivedEvent = Omit<EventMessage, "headers">

/**
 * The outcome of one message of the ingest queue. `source` and `message` (of an event) are only set
 * once they are verified.
 */
export type Received = { source?: string; message?: ReceivedEvent } & (
  | { outcome: "accepted"; accepted: Accepted[] }
  | { outcome: "duplicate" | "checked" | "listed" | "deferred" }
  /** `isExtra`: sent beside the collector's regular heartbeats. */
  | { outcome: "heartbeat"; isExtra: boolean }
  | { outcome: "rejected" | "discarded" | "later"; reason: string }
)
