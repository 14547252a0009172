import type { EventMessage } from "@ringback/events/message"
import type { Accepted } from "../dispatch/fan-out.ts"

/**
 * The outcome of one message of the ingest queue. `source` and `message` (of an event) are only set
 * once they are verified.
 */
export type Received = { source?: string; message?: EventMessage } & (
  | { outcome: "accepted"; accepted: Accepted[] }
  | { outcome: "duplicate" | "heartbeat" | "checked" | "listed" | "deferred" }
  | { outcome: "rejected" | "discarded" | "later"; reason: string }
)
