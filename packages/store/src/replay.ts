import { createItem } from "./item.ts"
import { replayPartition } from "./keys.ts"
import { toSeconds, type Table } from "./table.ts"

/** Notes with the event that it was replayed, so that it can list that delivery too. */
export async function noteReplay(
  table: Table,
  tenant: string,
  eventId: string,
  deliveryId: string,
): Promise<void> {
  const expiresAt = toSeconds(table.now() + table.retentionMs)
  await createItem(table, { pk: replayPartition(tenant, eventId), sk: deliveryId, expiresAt })
}
