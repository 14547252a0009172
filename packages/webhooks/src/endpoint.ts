import type { Filter } from "./filter.ts"

/**
 * Why an endpoint is disabled: it answered 410, it failed for five days, or a person disabled it.
 */
export type DisabledReason = "gone" | "failing" | "manual"

export const orders = ["any", "latest"] as const
export type Order = (typeof orders)[number]

/** A secret as stored, encrypted. `expiresAt`, in epoch ms, is set when a newer one replaced it. */
export type EndpointSecret = { sealed: string; expiresAt?: number }

/**
 * The parts of a connector that matching and showing it need. packages/connectors defines the rest
 * of each kind.
 */
export type ConnectorOf = { kind: string; live?: boolean | undefined } & Record<string, unknown>

/** A tenant's receiver, as used by delivery and the API. Times are epoch ms. */
export type Endpoint = {
  id: string
  tenant: string
  /** Null if nothing is posted, because the receiver fetches its webhooks. */
  url: string | null
  /** The receiver fetches its webhooks. */
  pull: boolean
  /**
   * The `host:port` of a loopback URL that the operator set, on one machine. Any other change of
   * `url` clears it.
   */
  allowedLoopback?: string | null
  /** Null: all except `call.*`. `*` and `campaign.*` are patterns. */
  eventTypes: string[] | null
  /** Null: all sources of the tenant. */
  sources: string[] | null
  filter: Filter | null
  /**
   * `latest`: nothing is sent that is older than the version already accepted of the same record or
   * call.
   */
  order: Order
  description: string | null
  headers: Record<string, string>
  /** A JSONata expression. Its value is sent instead of the webhook. */
  transform?: string | null
  /** The credentials of its requests: encrypted JSON of an Auth, or of a connector's own kind. */
  auth?: string | null
  /**
   * The CRM that calls are logged in, without its credentials. `url` is then the CRM's, and nothing
   * is signed.
   */
  connector?: ConnectorOf | null
  /** Maximum requests per second. Null: no limit. */
  rateLimit: number | null
  metadata: Record<string, string>
  signing: "hmac" | "ed25519"
  /** Newest first. */
  secrets: EndpointSecret[]
  disabled: boolean
  disabledReason: DisabledReason | null
  createdAt: number
  updatedAt: number
}
