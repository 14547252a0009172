import type { Translated } from "./translate.ts"
import { versionOf } from "./version.ts"

export type WebhookContext = {
  /** The event's id. */
  id: string
  tenant: string
  /** Null if it does not come from a PBX. */
  source: string | null
  /** Inferred from the PBX's lists after a gap. */
  synthetic?: boolean
  /** Too large, so its variables were left out. */
  truncated?: boolean
  /** From a test of the source. */
  test?: boolean
}

/** A webhook before serialization. Filters are applied to it. */
export type Webhook = {
  type: string
  timestamp: string
  version: string
  observedAt: string
  id: string
  tenant: string
  source: string | null
  synthetic?: true
  truncated?: true
  test?: true
  data: Record<string, unknown>
}

export function webhookOf(
  { id, tenant, source, synthetic = false, truncated = false, test = false }: WebhookContext,
  { type, timestamp, observedAt, data }: Omit<Translated, "subject">,
): Webhook {
  return {
    type,
    timestamp,
    version: versionOf(type, timestamp),
    observedAt,
    id,
    tenant,
    source,
    ...(synthetic && { synthetic: true as const }),
    ...(truncated && { truncated: true as const }),
    ...(test && { test: true as const }),
    data,
  }
}

/**
 * The text to sign and send. Serialize only once, because a second result might differ from what
 * was signed.
 */
export const formatWebhook = (webhook: Webhook): string => JSON.stringify(webhook)

export const webhookBody = (...of: Parameters<typeof webhookOf>): string =>
  formatWebhook(webhookOf(...of))
