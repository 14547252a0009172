import type { Table } from "@ringback/store/table"
import type { Sandbox } from "@ringback/webhooks/sandbox"
import type { Sender } from "@ringback/webhooks/send"
import type { Tokens } from "./token.ts"

export type OutboundOptions = {
  table: Table
  sender: Pick<Sender, "send" | "ask">
  /** On one machine only: where a stand-in for a kind of CRM listens. */
  crmUrls?: Partial<Record<string, string>>
}

export type OutboundDeps = OutboundOptions & { tokens: Tokens; sandbox: () => Promise<Sandbox> }

/** An event as it is sent: its id, and the webhook's body. */
export type Sendable = { id: string; body: string }

/** An event in an attempt: W3C's ids of its trace and of this attempt's span, and whether that is kept. */
export type Traced = Sendable & { trace: string; span: string; isKept?: boolean | undefined }
