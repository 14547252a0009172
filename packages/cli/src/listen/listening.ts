import type { Forward, Forwarded } from "./forward.ts"
import type { Webhook } from "../webhook.ts"

/** What to listen for, and how to handle each webhook. */
export type Listening = {
  /** Null: all. */
  eventTypes: string[] | null
  forward: Forward | undefined
  /** The secret that signs the webhooks. */
  secret: string
  show: (shown: Shown) => void
}

export type Shown = {
  webhook: Webhook
  at: number
  /** The signature's error; null if it is valid, undefined if there is none to verify. */
  problem: string | null | undefined
  forwarded: Forwarded | undefined
}
