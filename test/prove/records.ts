import { QueryCommand } from "@aws-sdk/client-dynamodb"
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs"
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb"
import { idOf, parseDelivery, type Delivery } from "@ringback/store/delivery"
import { parseEvent, type StoredEvent } from "@ringback/store/event"
import type { Item } from "@ringback/store/item"
import {
  deliveryPartition,
  EVENT_SHARDS,
  eventPartition,
  shardsOfEndpoint,
} from "@ringback/store/item-keys"
import type { World } from "./world.ts"

// As the table has them, without the filters and pages of the code that is on trial.

export type KeptDelivery = Delivery & {
  openKey?: string | undefined
  dueShard?: string | undefined
}

export async function readEvents(world: World): Promise<StoredEvent[]> {
  const { tenant } = world.customer
  const shards = Array.from({ length: EVENT_SHARDS }, (_, shard) => eventPartition(tenant, shard))
  return (await Promise.all(shards.map((pk) => readPartition(world, pk)))).flat().map(parseEvent)
}

/** By id. */
export async function readDeliveries(world: World): Promise<Map<string, KeptDelivery>> {
  const { tenant } = world.customer
  const shards = world.endpoints
    .filter(Boolean)
    .flatMap(({ endpoint }) => shardsOfEndpoint(endpoint.id))
  const partitions = [...new Set(shards)].map((shard) => deliveryPartition(tenant, shard))
  const items = (await Promise.all(partitions.map((pk) => readPartition(world, pk)))).flat()
  const deliveries = items.map((item): KeptDelivery => ({
    ...parseDelivery(item),
    openKey: item["openKey"] as string | undefined,
    dueShard: item["dueShard"] as string | undefined,
  }))
  return new Map(deliveries.map((delivery) => [idOf(delivery), delivery]))
}

async function readPartition({ table }: World, pk: string): Promise<Item[]> {
  const items: Item[] = []
  let start: Item | undefined
  do {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: marshall({ ":pk": pk }),
        ConsistentRead: true,
        ExclusiveStartKey: start && marshall(start),
      }),
    )
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)))
    start = page.LastEvaluatedKey && unmarshall(page.LastEvaluatedKey)
  } while (start)
  return items
}

/** What is left in a queue, and what went where only trouble goes. */
export async function readQueues({ stack, sqs }: World): Promise<string[]> {
  const urls = Object.entries(stack.queues).flatMap(([name, { url, deadLetterUrl }]) => [
    [name, url] as const,
    [`${name}Dlq`, deadLetterUrl] as const,
  ])
  urls.push(["Rejected", stack.rejectedUrl])
  const found = await Promise.all(
    urls.map(async ([name, QueueUrl]) => {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
      )
      const count = ["", "NotVisible", "Delayed"]
        .map((suffix) =>
          Number((Attributes as Record<string, string>)[`ApproximateNumberOfMessages${suffix}`]),
        )
        .reduce((sum, each) => sum + each, 0)
      return count > 0 ? [`${count} messages are left in ${name}`] : []
    }),
  )
  return found.flat()
}
