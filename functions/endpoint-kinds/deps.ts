import type { Table } from "@ringback/store/table"
import type { Sandbox } from "@ringback/webhooks/sandbox"
import type { Sender } from "@ringback/webhooks/send"
import type { Tokens } from "./token.ts"

export type OutboundOptions = {
  table: Table
  sender: Pick<Sender, "send" | "ask">
  /** The maximum for all requests of one attempt together, where that is shorter than usual. */
  limitMs?: number
  /** On one machine only: the URL of a stand-in for a kind of CRM. */
  crmUrls?: Partial<Record<string, string>>
}

export type OutboundDeps = OutboundOptions & { tokens: Tokens; sandbox: () => Promise<Sandbox> }

/** An event as it is sent: its id and the webhook's body. */
export type Sendable = { id: string; body: string }

/**
 * The trace context of an attempt: the W3C ids of the event's trace and the attempt's span, and
 * whether it is sampled.
 */
export type Traced = Sendable & { trace: string; span: string; isKept?: boolean | undefined }
