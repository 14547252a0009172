import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb"
import type { Key } from "./keys.ts"
import { ITEM_VERSION, readItem } from "./readable.ts"
import { isConditionFailed, type Table } from "./table.ts"

/** An item as read: nothing is believed of it before its room's schema has parsed it. */
export type Item = Record<string, unknown>
export type ReadOptions = { consistent?: boolean }

const OPTIONS = { removeUndefinedValues: true }

export async function getItem(
  table: Table,
  key: Key,
  { consistent = false }: ReadOptions = {},
): Promise<Item | undefined> {
  const { Item: item } = await table.client.send(
    new GetItemCommand({ TableName: table.name, Key: marshall(key), ConsistentRead: consistent }),
  )
  return item && readItem(unmarshall(item), (each) => each)
}

/** False where something lies there already. */
export async function createItem(table: Table, item: Key & Item): Promise<boolean> {
  return holds(
    table.client.send(
      new PutItemCommand({
        TableName: table.name,
        Item: marshall({ v: ITEM_VERSION, ...item }, OPTIONS),
        ConditionExpression: "attribute_not_exists(pk)",
      }),
    ),
  )
}

/** False where nothing lay there, or not what the condition asks for. */
export async function deleteItem(
  table: Table,
  key: Key,
  condition = "attribute_exists(pk)",
): Promise<boolean> {
  return holds(
    table.client.send(
      new DeleteItemCommand({
        TableName: table.name,
        Key: marshall(key),
        ConditionExpression: condition,
      }),
    ),
  )
}

/**
 * Sets those attributes of a live item and counts its revision up; the item as it is now. Undefined where there
 * is none, it is a tombstone, or an attribute is not what was expected.
 */
export async function changeItem(
  table: Table,
  key: Key,
  changes: Item,
  expected: Item = {},
): Promise<Item | undefined> {
  const names: Record<string, string> = { "#revision": "revision" }
  const values: Item = { ":one": 1 }
  const sets = ["#revision = #revision + :one"]
  const conditions = ["attribute_exists(pk)", "attribute_not_exists(deletedAt)"]
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue
    names[`#${name}`] = name
    values[`:${name}`] = value
    sets.push(`#${name} = :${name}`)
  }
  for (const [name, value] of Object.entries(expected)) {
    names[`#${name}`] = name
    values[`:was_${name}`] = value
    conditions.push(`#${name} = :was_${name}`)
  }
  try {
    const { Attributes } = await table.client.send(
      new UpdateItemCommand({
        TableName: table.name,
        Key: marshall(key),
        UpdateExpression: `SET ${sets.join(", ")}`,
        ConditionExpression: conditions.join(" AND "),
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: marshall(values, OPTIONS),
        ReturnValues: "ALL_NEW",
      }),
    )
    return Attributes && unmarshall(Attributes)
  } catch (error) {
    if (isConditionFailed(error)) return undefined
    throw error
  }
}

// Tombstones lie among the living: a page is filled up by reading on, but not for ever.
const REQUESTS_A_PAGE = 5

export type PageRequest = {
  pk: string
  prefix: string
  limit: number
  after?: string | undefined
  /** Of each item those alone; all where it is left out. */
  attributes?: readonly string[] | undefined
}
/** `next` is the sort key to go on after; undefined at the end. */
export type ItemPage = { items: Item[]; next: string | undefined }

/** Live items of a partition, newest first, since their ids sort by time. */
export async function queryPage(table: Table, request: PageRequest): Promise<ItemPage> {
  const items: Item[] = []
  let next = request.after
  for (let count = 0; count < REQUESTS_A_PAGE; count++) {
    const page = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
        FilterExpression: "attribute_not_exists(deletedAt)",
        ...projectionOf(request.attributes),
        ExpressionAttributeValues: marshall({ ":pk": request.pk, ":prefix": request.prefix }),
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: request.limit - items.length,
        ExclusiveStartKey: next === undefined ? undefined : marshall({ pk: request.pk, sk: next }),
      }),
    )
    for (const item of page.Items ?? []) items.push(unmarshall(item))
    next = page.LastEvaluatedKey && (unmarshall(page.LastEvaluatedKey).sk as string)
    if (next === undefined || items.length >= request.limit) break
  }
  return { items, next }
}

function projectionOf(attributes: readonly string[] | undefined) {
  if (!attributes) return {}
  return {
    ProjectionExpression: attributes.map((name) => `#${name}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  }
}

const READ_AT_ONCE = 1000

/** All live items of a partition with that prefix, newest first; of each the attributes named, or all. */
export async function queryAll(
  table: Table,
  pk: string,
  prefix: string,
  attributes?: readonly string[],
): Promise<Item[]> {
  const items: Item[] = []
  let after: string | undefined
  do {
    const page = await queryPage(table, { pk, prefix, limit: READ_AT_ONCE, after, attributes })
    items.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return items
}

async function holds(write: Promise<unknown>): Promise<boolean> {
  try {
    await write
    return true
  } catch (error) {
    if (isConditionFailed(error)) return false
    throw error
  }
}
