import { PutItemCommand } from "@aws-sdk/client-dynamodb"
import { marshall } from "@aws-sdk/util-dynamodb"
import type { DeliveryFacts } from "./delivery.ts"
import { deliveryId, replayPartition } from "./keys.ts"
import { toSeconds, type Table } from "./table.ts"

/** Notes that a delivery is a replay of its event: its id cannot be told from the event and the endpoint. */
export async function noteReplay(
  table: Table,
  { tenant, ref, endpointId, eventId }: DeliveryFacts,
): Promise<void> {
  const item = {
    pk: replayPartition(tenant, eventId),
    sk: deliveryId(ref),
    endpointId,
    expiresAt: toSeconds(table.now() + table.retentionMs),
  }
  await table.client.send(new PutItemCommand({ TableName: table.name, Item: marshall(item) }))
}
