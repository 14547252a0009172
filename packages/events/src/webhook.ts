import type { Translated } from "./translate.ts"
import { versionOf } from "./version.ts"

export type WebhookContext = {
  /** The event's id. */
  id: string
  tenant: string
  /** Null where no PBX said it. */
  source: string | null
  /** Inferred from the PBX's lists after a gap. */
  synthetic?: boolean
  /** Too large with its variables, which were left out. */
  truncated?: boolean
  /** From a test of the source. */
  test?: boolean
}

/** The body that is signed and sent, as JSON. Made once: a second making might differ from what was signed. */
export function webhookBody(
  { id, tenant, source, synthetic = false, truncated = false, test = false }: WebhookContext,
  { type, timestamp, observedAt, data }: Omit<Translated, "subject">,
): string {
  return JSON.stringify({
    type,
    timestamp,
    version: versionOf(type, timestamp),
    observedAt,
    id,
    tenant,
    source,
    ...(synthetic && { synthetic }),
    ...(truncated && { truncated }),
    ...(test && { test }),
    data,
  })
}
