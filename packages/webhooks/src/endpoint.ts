import type { Filter } from "./filter.ts"

/** Why an endpoint is disabled: it said 410, it failed for five days, or somebody disabled it. */
export type DisabledReason = "gone" | "failing" | "manual"

/** A secret as it lies in the store, sealed; `expiresAt` in epoch ms once a newer one took over. */
export type EndpointSecret = { sealed: string; expiresAt?: number }

/** A tenant's receiver, as delivery and the API see it. Times are epoch ms. */
export type Endpoint = {
  id: string
  tenant: string
  url: string
  /** The `host:port` of a loopback URL that the operator set, on one machine. Any other change of `url` clears it. */
  allowedLoopback?: string | null
  /** Null: all but `call.*`. `*` and `campaign.*` are patterns. */
  eventTypes: string[] | null
  /** Null: all sources of the tenant. */
  sources: string[] | null
  filter: Filter | null
  description: string | null
  headers: Record<string, string>
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
