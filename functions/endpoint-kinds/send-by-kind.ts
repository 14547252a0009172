import type { PushEndpoint } from "@ringback/store/endpoint"
import type { Sandbox } from "@ringback/webhooks/sandbox"
import type { Outcome } from "@ringback/webhooks/send"
import type { OutboundDeps, OutboundOptions, Traced } from "./deps.ts"
import { postWebhook } from "./post-webhook.ts"
import { makeTokens } from "./token.ts"

/** Sends to endpoints of every kind. */
export type Outbound = {
  /** One attempt. Every failure of the other side is an outcome, not an exception. */
  sendByKind: (endpoint: PushEndpoint, event: Traced) => Promise<Outcome>
  deps: OutboundDeps
  /** Ends the process of the transforms, if there is one. */
  close: () => Promise<void>
}

export function makeOutbound(options: OutboundOptions): Outbound {
  // JSONata and its process are only loaded if a transform is used.
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
    async sendByKind(endpoint, event) {
      if (!endpoint.connector) return postWebhook(deps, endpoint, event)
      const { logCall } = await import("./log-call.ts")
      return logCall(deps, endpoint, event)
    },
  }
}
