import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type BatchGetItemCommandOutput,
  type BatchWriteItemCommandOutput,
  type KeysAndAttributes,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb"
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb"
import type { Key } from "./item-keys.ts"
import { ITEM_VERSION, readItem } from "./readable.ts"
import type { Table } from "./table.ts"
import { wellFormed } from "./well-formed.ts"

// The requests to DynamoDB. Only this file and insert.ts make any.

/** An item as read. It is not trusted until its module's schema has parsed it. */
export type Item = Record<string, unknown>
export type ReadOptions = { consistent?: boolean }

/**
 * The condition for writing an item. A name that DynamoDB reserves is written as `#name` in
 * expressions.
 */
export type Condition = {
  condition?: string | undefined
  names?: Record<string, string>
  values?: Item
}
export type Update = Condition & { update: string; returns?: "ALL_OLD" | "UPDATED_OLD" | "ALL_NEW" }

export const toAttributes = (values: Item) =>
  marshall(wellFormed(values), { removeUndefinedValues: true })

function expressionsOf({ condition, names, values }: Condition) {
  return {
    ...(condition !== undefined && { ConditionExpression: condition }),
    ...(names && { ExpressionAttributeNames: names }),
    ...(values && { ExpressionAttributeValues: toAttributes(values) }),
  }
}

/** The expression that sets these attributes. Those in `kept` keep an existing value. */
export function assignmentsOf(attributes: Item, kept: readonly string[] = []) {
  const all = Object.keys(attributes)
  return {
    sets: all.map((name) =>
      kept.includes(name) ? `#${name} = if_not_exists(#${name}, :${name})` : `#${name} = :${name}`,
    ),
    names: Object.fromEntries(all.map((name) => [`#${name}`, name])),
    values: Object.fromEntries(all.map((name) => [`:${name}`, attributes[name]])) as Item,
  }
}

export async function getItem(
  table: Table,
  key: Key,
  { consistent = false }: ReadOptions = {},
): Promise<Item | undefined> {
  const { Item: item } = await table.client.send(
    new GetItemCommand({
      TableName: table.name,
      Key: toAttributes(key),
      ConsistentRead: consistent,
    }),
  )
  return item && readItem(unmarshall(item), (each) => each)
}

const MAX_GETS = 100

/** The items with these keys, in any order. Missing items are omitted. Keys must be unique. */
export async function getItems(
  table: Table,
  keys: readonly Key[],
  { consistent = false, attributes }: ReadOptions & { attributes?: readonly string[] } = {},
): Promise<Item[]> {
  const options = { ...(consistent && { ConsistentRead: true }), ...projectionOf(attributes) }
  const starts = Array.from(
    { length: Math.ceil(keys.length / MAX_GETS) },
    (_, index) => index * MAX_GETS,
  )
  const pages = await Promise.all(
    starts.map(async (start) => {
      const items: Item[] = []
      let wanted: KeysAndAttributes["Keys"] = keys
        .slice(start, start + MAX_GETS)
        .map(({ pk, sk }) => toAttributes({ pk, sk }))
      while (wanted && wanted.length > 0) {
        const answer: BatchGetItemCommandOutput = await table.client.send(
          new BatchGetItemCommand({
            RequestItems: { [table.name]: { ...options, Keys: wanted } },
          }),
        )
        for (const raw of answer.Responses?.[table.name] ?? []) items.push(unmarshall(raw))
        wanted = answer.UnprocessedKeys?.[table.name]?.Keys
      }
      return items
    }),
  )
  return pages.flat()
}

/** False if the condition failed. Without a condition an existing item is replaced. */
export async function putItem(table: Table, item: Key & Item, condition: Condition = {}) {
  const command = new PutItemCommand({
    TableName: table.name,
    Item: toAttributes({ v: ITEM_VERSION, ...item }),
    ...expressionsOf(condition),
  })
  return (await ifConditionHolds(table.client.send(command))) !== undefined
}

/** False if an item exists. */
export const createItem = (table: Table, item: Key & Item): Promise<boolean> =>
  putItem(table, item, { condition: "attribute_not_exists(pk)" })

/** False if there was no item, or the condition failed. */
export async function deleteItem(
  table: Table,
  key: Key,
  condition: Condition = { condition: "attribute_exists(pk)" },
): Promise<boolean> {
  const command = new DeleteItemCommand({
    TableName: table.name,
    Key: toAttributes(key),
    ...expressionsOf(condition),
  })
  return (await ifConditionHolds(table.client.send(command))) !== undefined
}

const MAX_DELETES = 25

/**
 * Deletes many items, one batch after the other. Missing items are passed over. Keys must be unique.
 * What a batch leaves out is sent again. One that deletes nothing is an error of the request.
 */
export async function deleteItems(table: Table, keys: readonly Key[]): Promise<void> {
  for (let start = 0; start < keys.length; start += MAX_DELETES) {
    let wanted: WriteRequest[] | undefined = keys
      .slice(start, start + MAX_DELETES)
      .map(({ pk, sk }) => ({ DeleteRequest: { Key: toAttributes({ pk, sk }) } }))
    while (wanted && wanted.length > 0) {
      const answer: BatchWriteItemCommandOutput = await table.client.send(
        new BatchWriteItemCommand({ RequestItems: { [table.name]: wanted } }),
      )
      wanted = answer.UnprocessedItems?.[table.name]
    }
  }
}

/**
 * Undefined if the condition failed. `item` is the one that `returns` asks for, if there is one.
 */
export async function updateItem(
  table: Table,
  key: Key,
  { update, returns, ...condition }: Update,
): Promise<{ item: Item | undefined } | undefined> {
  const command = new UpdateItemCommand({
    TableName: table.name,
    Key: toAttributes(key),
    UpdateExpression: update,
    ...expressionsOf(condition),
    ...(returns && { ReturnValues: returns }),
  })
  const answer = await ifConditionHolds(table.client.send(command))
  return answer && { item: answer.Attributes && unmarshall(answer.Attributes) }
}

/** The response to a conditional write. Undefined if its condition failed. */
async function ifConditionHolds<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
  }
}

type Projection = {
  ProjectionExpression?: string
  ExpressionAttributeNames?: Record<string, string>
}

function projectionOf(attributes: readonly string[] | undefined): Projection {
  if (!attributes) return {}
  return {
    ProjectionExpression: attributes.map((name) => `#${name}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  }
}

export type Query = {
  index?: string | undefined
  /** The condition on the keys. */
  where: string
  filter?: string | undefined
  names?: Record<string, string>
  values: Item
  limit: number
  newestFirst?: boolean
  consistent?: boolean
  /** Only these attributes of each item. All if omitted. */
  attributes?: readonly string[] | undefined
  /** `last` of the previous request. */
  start?: Item | undefined
}

/**
 * One request. `scanned`: how many items were read before the filter. `last`: the key of the last
 * one, if there may be more.
 */
export async function query(
  table: Table,
  request: Query,
): Promise<{ items: Item[]; scanned: number; last: Item | undefined }> {
  const { index, where, filter, values, limit, newestFirst, consistent, attributes, start } =
    request
  const projection = projectionOf(attributes)
  const names = { ...request.names, ...projection.ExpressionAttributeNames }
  const page = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: where,
      ExpressionAttributeValues: toAttributes(values),
      Limit: limit,
      ...(index !== undefined && { IndexName: index }),
      ...(filter !== undefined && { FilterExpression: filter }),
      ...projection,
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
      ...(newestFirst && { ScanIndexForward: false }),
      ...(consistent && { ConsistentRead: true }),
      ...(start && { ExclusiveStartKey: toAttributes(start) }),
    }),
  )
  return {
    items: (page.Items ?? []).map((raw) => unmarshall(raw)),
    scanned: page.ScannedCount ?? 0,
    last: page.LastEvaluatedKey && unmarshall(page.LastEvaluatedKey),
  }
}
