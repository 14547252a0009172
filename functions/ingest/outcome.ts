import type { EventMessage } from "@ringback/events/message"
import type { Accepted } from "../dispatch/fan-out.ts"

/**
 * The outcome of one message of the ingest queue. `source` and `message` (of an event) are only set
 * once they are verified.
 */
export type Received = { source?: string; message?: EventMessage } & (
  | { outcome: "accepted"; accepted: Accepted[] }
  | { outcome: "duplicate" | "checked" | "listed" | "deferred" }
  /** `isExtra`: sent beside the collector's regular heartbeats. */
  | { outcome: "heartbeat"; isExtra: boolean }
  | { outcome: "rejected" | "discarded" | "later"; reason: string }
)
