import { QueryCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb"
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb"
import * as v from "valibot"
import type { Item } from "./item.ts"
import { DUE_SHARDS, dueShard, hashOf, type DeliveryRef, type Key } from "./keys.ts"
import { isConditionFailed, type Table } from "./table.ts"

// What waits stands in the index `due`: in one of the common shards, which `release` reads every minute, or parked with
// its endpoint while that rests, where it costs nothing until the endpoint is well.

const PARKING_SHARDS = 4
export const parkingShards = (endpointId: string) =>
  Array.from({ length: PARKING_SHARDS }, (_, shard) => `parked#${endpointId}#${shard}`)

export const parkingShardOf = (endpointId: string, ref: DeliveryRef) =>
  `parked#${endpointId}#${ref.hash[3]! % PARKING_SHARDS}`

/** What the index holds of a delivery; of an endpoint's health item (`sk` HEALTH#...) it has no event. */
const DueEntry = v.object({
  pk: v.string(),
  sk: v.string(),
  dueShard: v.string(),
  dueAt: v.number(),
  endpointId: v.string(),
  eventId: v.optional(v.string()),
  eventType: v.optional(v.string()),
  turn: v.optional(v.number()),
})
export type DueEntry = v.InferOutput<typeof DueEntry>

/** A pull endpoint's own entry: when it is looked at what nobody fetched. */
export const isPullEntry = (entry: DueEntry) => entry.sk.startsWith("EP#")
export const isHealthEntry = (entry: DueEntry) => entry.sk.startsWith("HEALTH#")
export const tenantOf = (key: Key) => key.pk.split("#", 1)[0]!

export type DuePage = { entries: DueEntry[]; next: Item | undefined }

/** What falls due in that shard until `until`, the longest waiting first. */
export async function listDue(
  table: Table,
  shard: string,
  until: number,
  limit: number,
  start?: Item,
): Promise<DuePage> {
  const page = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      IndexName: "due",
      KeyConditionExpression: "dueShard = :shard AND dueAt <= :until",
      ExpressionAttributeValues: marshall({ ":shard": shard, ":until": until }),
      Limit: limit,
      ExclusiveStartKey: start && marshall(start),
    }),
  )
  const entries = (page.Items ?? []).map((raw) => v.parse(DueEntry, unmarshall(raw)))
  return { entries, next: page.LastEvaluatedKey && unmarshall(page.LastEvaluatedKey) }
}

/**
 * Moves an entry to another time on condition that it is where it was read: of two that try, one has it. A crash after
 * it means released again at that time, never lost.
 */
export async function moveDue(
  table: Table,
  entry: DueEntry,
  to: { at: number; shard: string },
): Promise<boolean> {
  try {
    await table.client.send(
      new UpdateItemCommand({
        TableName: table.name,
        Key: marshall({ pk: entry.pk, sk: entry.sk }),
        UpdateExpression: "SET dueAt = :to, dueShard = :shard",
        ConditionExpression: "dueAt = :at AND dueShard = :was",
        ExpressionAttributeValues: marshall({
          ":to": to.at,
          ":shard": to.shard,
          ":at": entry.dueAt,
          ":was": entry.dueShard,
        }),
      }),
    )
    return true
  } catch (error) {
    if (isConditionFailed(error)) return false
    throw error
  }
}

export const commonShards = Array.from({ length: DUE_SHARDS }, (_, shard) => dueShard(shard))

/** The common shard of an endpoint's own entry. */
export const healthShard = (endpointId: string) => dueShard(hashOf(endpointId)[1]! % DUE_SHARDS)
