import * as v from "valibot"
import type { PushEndpoint } from "@ringback/store/endpoint"
import { failedOutcome } from "@ringback/webhooks/attempt-outcome"
import type { Sandbox } from "@ringback/webhooks/sandbox"
import type { Outcome } from "@ringback/webhooks/send"
import { memoized } from "../runtime/memoized.ts"
import type { OutboundDeps, OutboundOptions, Traced } from "./deps.ts"
import { postWebhook } from "./post-webhook.ts"
import { makeTokens } from "./token.ts"

/** Sends to endpoints of every kind. */
export type Outbound = {
  /**
   * One attempt. Every failure of the other side, and of the preparation, is an outcome. Rejects if
   * the table fails.
   */
  sendByKind: (endpoint: PushEndpoint, event: Traced) => Promise<Outcome>
  deps: OutboundDeps
  /** Ends the process of the transforms, if there is one. */
  close: () => Promise<void>
}

export function makeOutbound(options: OutboundOptions): Outbound {
  // JSONata and its process are only loaded if a transform is used.
  let isOpen = false
  const sandbox = memoized(async (): Promise<Sandbox> => {
    const { openSandbox } = await import("@ringback/webhooks/sandbox")
    isOpen = true
    return openSandbox()
  })
  const deps: OutboundDeps = {
    ...options,
    tokens: makeTokens(options),
    sandbox,
  }
  async function send(endpoint: PushEndpoint, event: Traced): Promise<Outcome> {
    if (!endpoint.connector) return postWebhook(deps, endpoint, event)
    const { logCall } = await import("./log-call.ts")
    return logCall(deps, endpoint, event)
  }
  return {
    deps,
    async close() {
      if (isOpen) (await sandbox()).close()
    },
    sendByKind: (endpoint, event) =>
      send(endpoint, event).catch((error: unknown) => unpreparedOutcome(error, endpoint)),
  }
}

// Such an error comes again with each attempt. As a rejection it would bring the message back at
// once, again and again, instead of by the schedule of retries.
const REPEATED = [TypeError, RangeError, ReferenceError, SyntaxError, URIError, v.ValiError]

// The SDK marks an error of an answer that it could not read.
const isOfTable = (error: unknown) =>
  typeof error === "object" && error !== null && ("$metadata" in error || "$response" in error)

// The table never takes the item, for example as it is too large.
const isRefusal = (error: unknown) => (error as Error).name === "ValidationException"

function unpreparedOutcome(error: unknown, { connector }: PushEndpoint): Outcome {
  const isRepeated = isOfTable(error)
    ? isRefusal(error)
    : REPEATED.some((kind) => error instanceof kind)
  if (!isRepeated) throw error
  // Its message may quote the event.
  const name = (error as Error).name
  const words = `the request could not be prepared (${name}); the endpoint's settings or this event may be damaged`
  // Of a connector's several requests, some may have been sent.
  return { ...failedOutcome(words, 0, Boolean(connector)), isNeutral: true }
}
