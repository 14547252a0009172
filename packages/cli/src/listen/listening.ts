import type { Forward, Forwarded } from "./forward.ts"
import type { Webhook } from "../webhook.ts"

/** What is listened for, and what is done with each webhook. */
export type Listening = {
  /** Null: all. */
  eventTypes: string[] | null
  forward: Forward | undefined
  /** What webhooks are signed with. */
  secret: string
  show: (shown: Shown) => void
}

export type Shown = {
  webhook: Webhook
  at: number
  /** What is wrong with the signature; null: nothing. Undefined where there is none to verify. */
  problem: string | null | undefined
  forwarded: Forwarded | undefined
}
