import type { Endpoint } from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import type { Sandbox } from "@ringback/webhooks/sandbox"
import type { Outcome, Sender } from "@ringback/webhooks/send"
import { send } from "./send.ts"
import { makeTokens, type Tokens } from "./token.ts"

export type OutboundOptions = {
  table: Table
  sender: Pick<Sender, "send" | "ask">
  /** On one machine only: where a stand-in for a kind of CRM listens. */
  crmUrls?: Partial<Record<string, string>>
}

export type OutboundDeps = OutboundOptions & { tokens: Tokens; sandbox: () => Promise<Sandbox> }

/** An event as it is sent: its id, and the webhook's body. */
export type Sendable = { id: string; body: string }

/** What goes from here to an endpoint, whatever kind it is of. */
export type Outbound = {
  /** One attempt. All that the other side can do to it is an outcome. */
  perform: (endpoint: Endpoint, event: Sendable) => Promise<Outcome>
  deps: OutboundDeps
  /** Ends the process of the transforms, where there is one. */
  close: () => Promise<void>
}

export function makeOutbound(options: OutboundOptions): Outbound {
  // JSONata and its process only for those who have a transform.
  let sandbox: Promise<Sandbox> | undefined
  const deps: OutboundDeps = {
    ...options,
    tokens: makeTokens(options),
    sandbox: () =>
      (sandbox ??= import("@ringback/webhooks/sandbox").then(({ openSandbox }) => openSandbox())),
  }
  return {
    deps,
    async close() {
      ;(await sandbox)?.close()
    },
    async perform(endpoint, event) {
      if (!endpoint.connector) return send(deps, endpoint, event)
      const { logCall } = await import("./log-call.ts")
      return logCall(deps, endpoint, event)
    },
  }
}
