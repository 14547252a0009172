import { createItem, getItem } from "./item.ts"
import { toSeconds, type Table } from "./table.ts"

// Collectors that were disconnected for longer have new spools, and do not know of it.
const KEPT_MS = 7 * 24 * 3600 * 1000

const keyOf = (tenant: string, source: string, subject: string) => ({
  pk: tenant,
  sk: `ENDED#${source}#${subject}`,
})

/**
 * Records that the PBX reported the end of this record. A collector that missed it may infer it
 * later.
 */
export async function noteEnd(table: Table, tenant: string, source: string, subject: string) {
  const expiresAt = toSeconds(table.now() + KEPT_MS)
  await createItem(table, { ...keyOf(tenant, source, subject), expiresAt })
}

/** Whether the end was recorded. */
export async function isEnded(table: Table, tenant: string, source: string, subject: string) {
  const item = await getItem(table, keyOf(tenant, source, subject), { consistent: true })
  return item !== undefined
}
