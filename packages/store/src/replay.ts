import type { DeliveryFacts } from "./delivery-facts.ts"
import { putItem } from "./item.ts"
import { deliveryId, replayPartition } from "./item-keys.ts"
import { toSeconds, type Table } from "./table.ts"

/**
 * Records that a delivery is a replay of its event: its id cannot be derived from the event and the
 * endpoint.
 */
export async function noteReplay(
  table: Table,
  { tenant, ref, endpointId, eventId }: DeliveryFacts,
): Promise<void> {
  await putItem(table, {
    pk: replayPartition(tenant, eventId),
    sk: deliveryId(ref),
    endpointId,
    expiresAt: toSeconds(table.now() + table.retentionMs),
  })
}
