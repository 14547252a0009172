import type { EventMessage } from "@ringback/events/message"
import type { Accepted } from "../dispatch/fan-out.ts"

/** The outcome of one message of the ingest queue; `message`: a believed one, of an event. */
export type Received = { message?: EventMessage } & (
  | { outcome: "accepted"; accepted: Accepted[] }
  | { outcome: "duplicate" | "heard" | "deferred" }
  | { outcome: "rejected" | "discarded" | "later"; reason: string }
)
