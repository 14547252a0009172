import type { Accepted } from "../dispatch/fan-out.ts"

/** The outcome of one message of the ingest queue. */
export type Received =
  | { outcome: "accepted"; accepted: Accepted[] }
  | { outcome: "duplicate" | "heard" | "deferred" }
  | { outcome: "rejected" | "discarded" | "later"; reason: string }
