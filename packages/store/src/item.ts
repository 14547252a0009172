import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type BatchGetItemCommandOutput,
  type KeysAndAttributes,
} from "@aws-sdk/client-dynamodb"
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb"
import type { Key } from "./keys.ts"
import type { Table } from "./table.ts"

// The requests to DynamoDB. Beside insert.ts nothing else here makes any.

/** An item as read: nothing is believed of it before its room's schema has parsed it. */
export type Item = Record<string, unknown>
export type ReadOptions = { consistent?: boolean }

/** On what condition an item is written. A name that DynamoDB reserves stands as `#name` in expressions. */
export type Condition = {
  condition?: string | undefined
  names?: Record<string, string>
  values?: Item
}
export type Update = Condition & { update: string; returns?: "ALL_OLD" | "ALL_NEW" }

export const toAttributes = (values: Item) => marshall(values, { removeUndefinedValues: true })

function expressionsOf({ condition, names, values }: Condition) {
  return {
    ...(condition !== undefined && { ConditionExpression: condition }),
    ...(names && { ExpressionAttributeNames: names }),
    ...(values && { ExpressionAttributeValues: toAttributes(values) }),
  }
}

/** What sets those attributes; of those in `kept` the value that was there before stays. */
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
  return item && unmarshall(item)
}

const MAX_GETS = 100

/** The items at those keys, in any order; what is not there is left out. No key may be there twice. */
export async function getItems(
  table: Table,
  keys: readonly Key[],
  { consistent = false, attributes }: ReadOptions & { attributes?: readonly string[] } = {},
): Promise<Item[]> {
  const options = { ConsistentRead: consistent, ...projectionOf(attributes) }
  const items: Item[] = []
  for (let start = 0; start < keys.length; start += MAX_GETS) {
    let wanted: KeysAndAttributes["Keys"] = keys
      .slice(start, start + MAX_GETS)
      .map(({ pk, sk }) => toAttributes({ pk, sk }))
    while (wanted && wanted.length > 0) {
      const answer: BatchGetItemCommandOutput = await table.client.send(
        new BatchGetItemCommand({
          RequestItems: { [table.name]: { Keys: wanted, ...options } },
        }),
      )
      for (const raw of answer.Responses?.[table.name] ?? []) items.push(unmarshall(raw))
      wanted = answer.UnprocessedKeys?.[table.name]?.Keys
    }
  }
  return items
}

const projectionOf = (attributes: readonly string[] | undefined) =>
  attributes && {
    ProjectionExpression: attributes.map((name) => `#${name}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  }

/** False where the condition did not hold; without one, whatever lay there is replaced. */
export async function putItem(table: Table, item: Key & Item, condition: Condition = {}) {
  const command = new PutItemCommand({
    TableName: table.name,
    Item: toAttributes(item),
    ...expressionsOf(condition),
  })
  return (await ifConditionHolds(table.client.send(command))) !== undefined
}

/** False where something lies there already. */
export const createItem = (table: Table, item: Key & Item): Promise<boolean> =>
  putItem(table, item, { condition: "attribute_not_exists(pk)" })

/** False where nothing lay there, or not what the condition asks for. */
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

/** Undefined where the condition did not hold. `item` is the one that `returns` asks for, if there is one. */
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

/** What a conditional write answered; undefined where its condition did not hold. */
async function ifConditionHolds<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined
    throw error
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
  /** Of each item those alone; all where it is left out. */
  attributes?: readonly string[] | undefined
  /** `last` of the request before. */
  start?: Item | undefined
}

/** One request. `last`: the key that it read up to, where there may be more. */
export async function query(
  table: Table,
  request: Query,
): Promise<{ items: Item[]; last: Item | undefined }> {
  const { index, where, filter, values, limit, newestFirst, consistent, attributes, start } =
    request
  const names = {
    ...request.names,
    ...Object.fromEntries(attributes?.map((name) => [`#${name}`, name]) ?? []),
  }
  const page = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      KeyConditionExpression: where,
      ExpressionAttributeValues: toAttributes(values),
      Limit: limit,
      ...(index !== undefined && { IndexName: index }),
      ...(filter !== undefined && { FilterExpression: filter }),
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
      ...(attributes && { ProjectionExpression: attributes.map((name) => `#${name}`).join(", ") }),
      ...(newestFirst && { ScanIndexForward: false }),
      ...(consistent && { ConsistentRead: true }),
      ...(start && { ExclusiveStartKey: toAttributes(start) }),
    }),
  )
  return {
    items: (page.Items ?? []).map((raw) => unmarshall(raw)),
    last: page.LastEvaluatedKey && unmarshall(page.LastEvaluatedKey),
  }
}
