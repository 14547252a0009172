import { encodeBase32 } from "@ringback/events/ids"
import { createItem, getItem } from "./item.ts"
import { hashOf, type Key } from "./item-keys.ts"
import { toSeconds, type Table } from "./table.ts"

// Collectors that were disconnected for longer have new spools, and do not know of it.
const KEPT_MS = 7 * 24 * 3600 * 1000

// Hashed, because a Uuid may name a person, and an erasure does not look here.
const keyOf = (tenant: string, source: string, subject: string): Key => ({
  pk: tenant,
  sk: `ENDED#${encodeBase32(hashOf("ended", source, subject))}`,
})

/** As it was written before it was hashed. Such an item is kept for seven days. */
const earlierKeyOf = (tenant: string, source: string, subject: string): Key => ({
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
  for (const makeKey of [keyOf, earlierKeyOf]) {
    const key = makeKey(tenant, source, subject)
    if (await getItem(table, key, { consistent: true })) return true
  }
  return false
}
