import { changeItem, type Item } from "./item.ts"
import type { Key } from "./keys.ts"
import { toSeconds, type Table } from "./table.ts"

// Queues hold a message for 14 days in their dead-letter queue at the longest, after 7 in their own.
const IN_FLIGHT_MS = 21 * 24 * 3600 * 1000

/**
 * Marks a live item as deleted, so that what is in flight for it is known and discarded; `emptied` is what it says from
 * then on. False where none lives.
 */
export async function tombstone(table: Table, key: Key, emptied: Item = {}): Promise<boolean> {
  const now = table.now()
  const expiresAt = toSeconds(now + IN_FLIGHT_MS + table.retentionMs)
  return (await changeItem(table, key, { ...emptied, deletedAt: now, expiresAt })) !== undefined
}
