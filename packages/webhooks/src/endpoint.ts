import type { Filter } from "./filter.ts"

/** Why an endpoint is disabled: it said 410, it failed for five days, or somebody disabled it. */
export type DisabledReason = "gone" | "failing" | "manual"

export const orders = ["any", "latest"] as const
export type Order = (typeof orders)[number]

/** A secret as it lies in the store, sealed; `expiresAt` in epoch ms once a newer one took over. */
export type EndpointSecret = { sealed: string; expiresAt?: number }

/** A connector as far as matching and showing it need: the room of connectors knows the rest of each kind. */
export type ConnectorOf = { kind: string; live?: boolean | undefined } & Record<string, unknown>

/** A tenant's receiver, as delivery and the API see it. Times are epoch ms. */
export type Endpoint = {
  id: string
  tenant: string
  /** Null where nothing is posted: the receiver fetches. */
  url: string | null
  /** Its receiver fetches what is for it. */
  pull: boolean
  /** The `host:port` of a loopback URL that the operator set, on one machine. Any other change of `url` clears it. */
  allowedLoopback?: string | null
  /** Null: all but `call.*`. `*` and `campaign.*` are patterns. */
  eventTypes: string[] | null
  /** Null: all sources of the tenant. */
  sources: string[] | null
  filter: Filter | null
  /** `latest`: nothing older is sent of a record or call than what was accepted. */
  order: Order
  description: string | null
  headers: Record<string, string>
  /** JSONata, whose value is sent instead of the webhook. */
  transform?: string | null
  /** How its requests show who they are: sealed JSON of an Auth, or of a connector's own. */
  auth?: string | null
  /** The CRM that calls are logged in, without its credentials. `url` is then the CRM's, and nothing is signed. */
  connector?: ConnectorOf | null
  /** Requests a second; null: no limit. */
  rateLimit: number | null
  metadata: Record<string, string>
  signing: "hmac" | "ed25519"
  /** The newest first. */
  secrets: EndpointSecret[]
  disabled: boolean
  disabledReason: DisabledReason | null
  createdAt: number
  updatedAt: number
}
