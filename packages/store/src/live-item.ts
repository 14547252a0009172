import { announceIfKept } from "./changes.ts"
import { getItem, query, updateItem, type Item, type ReadOptions } from "./item.ts"
import type { Key } from "./item-keys.ts"
import { eachPage } from "./pages.ts"
import { toSeconds, type Table } from "./table.ts"

// A deleted tenant, source or endpoint leaves a tombstone for a while: an item with `deletedAt`.
// Only this module knows of tombstones. `getLive` and lists never return one.

// Queues keep a message for 14 days in their dead-letter queue at most, after 7 days in their own.
const IN_FLIGHT_MS = 21 * 24 * 3600 * 1000

export const IS_LIVE = "attribute_exists(pk) AND attribute_not_exists(deletedAt)"
export const IS_TOMBSTONE = "attribute_exists(deletedAt)"

export const isTombstone = (item: Item) => item["deletedAt"] !== undefined

/** Undefined if there is none, or only its tombstone. */
export async function getLive(
  table: Table,
  key: Key,
  options: ReadOptions = {},
): Promise<Item | undefined> {
  const item = await getItem(table, key, options)
  return item && !isTombstone(item) ? item : undefined
}

/** Whether there is a tombstone of a deleted item. It is kept for a while. */
export async function isDeleted(table: Table, key: Key): Promise<boolean> {
  const item = await getItem(table, key, { consistent: true })
  return item !== undefined && isTombstone(item)
}

/**
 * Marks a live item as deleted, so that messages in flight for it are recognised and discarded.
 * `emptied` is the remaining content. False if there is no live item.
 */
export async function tombstone(table: Table, key: Key, emptied: Item = {}): Promise<boolean> {
  const now = table.now()
  const expiresAt = toSeconds(now + IN_FLIGHT_MS + table.retentionMs)
  return (await changeItem(table, key, { ...emptied, deletedAt: now, expiresAt })) !== undefined
}

/**
 * Sets these attributes of a live item and increments its revision. Returns the new item. Undefined
 * if there is none, it is a tombstone, or an attribute does not have the expected value.
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
  const conditions = [IS_LIVE]
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
  await announceIfKept(table, key)
  const changed = await updateItem(table, key, {
    update: `SET ${sets.join(", ")}`,
    condition: conditions.join(" AND "),
    names,
    values,
    returns: "ALL_NEW",
  })
  return changed?.item
}

// Tombstones are stored among the live items: more is read to fill a page, but not without limit.
const REQUESTS_A_PAGE = 5

export type PageRequest = {
  pk: string
  prefix: string
  limit: number
  after?: string | undefined
  /** Only these attributes of each item. All if omitted. */
  attributes?: readonly string[] | undefined
}
/** `next` is the sort key to continue after. Undefined at the end. */
export type ItemPage = { items: Item[]; next: string | undefined }

/** Live items of a partition, newest first, because their ids sort by time. */
export async function queryPage(table: Table, request: PageRequest): Promise<ItemPage> {
  const { pk, prefix, limit, attributes } = request
  const items: Item[] = []
  let next = request.after
  for (let count = 0; count < REQUESTS_A_PAGE; count++) {
    const page = await query(table, {
      where: "pk = :pk AND begins_with(sk, :prefix)",
      filter: "attribute_not_exists(deletedAt)",
      values: { ":pk": pk, ":prefix": prefix },
      attributes,
      newestFirst: true,
      consistent: true,
      limit: limit - items.length,
      start: next === undefined ? undefined : { pk, sk: next },
    })
    items.push(...page.items)
    next = page.last?.["sk"] as string | undefined
    if (next === undefined || items.length >= limit) break
  }
  return { items, next }
}

const READ_AT_ONCE = 1000

/**
 * All live items of a partition with this prefix, newest first, with the given attributes or all.
 */
export async function queryAll(
  table: Table,
  pk: string,
  prefix: string,
  attributes?: readonly string[],
): Promise<Item[]> {
  const items: Item[] = []
  const request = { pk, prefix, limit: READ_AT_ONCE, attributes }
  for await (const page of eachPage<ItemPage>((after) => queryPage(table, { ...request, after })))
    items.push(...page.items)
  return items
}
