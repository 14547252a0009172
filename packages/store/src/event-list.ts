import { isExpired, type Table } from "./table.ts"
import { isRare, parseEvent, type StoredEvent } from "./event.ts"
import { getItems, type Item } from "./item.ts"
import {
  EVENT_SHARDS,
  eventPartition,
  eventSortFrom,
  rareEventPartition,
  type Key,
} from "./item-keys.ts"
import { readItems } from "./readable.ts"
import { KEY_ATTRIBUTES, readMerged } from "./list-page.ts"
import { readSideBySide } from "./job-page.ts"

export type EventQuery = {
  /** Absent: any. */
  types?: string[] | undefined
  source?: string | undefined
  uuid?: string | undefined
  /** Nanoseconds, exclusive, of the event's own time. */
  after?: bigint | undefined
  before?: bigint | undefined
  limit: number
  /** `next` of the previous page. */
  cursor?: string | undefined
}

const END = "~"

/** Events, newest first. With filters a page can be short. */
export async function listEvents(
  table: Table,
  tenant: string,
  query: EventQuery,
): Promise<{ items: StoredEvent[]; next: string | undefined }> {
  const { types = [], source, uuid, limit } = query
  const before = query.before === undefined ? END : eventSortFrom(query.before)
  const range = {
    from: query.after === undefined ? "0" : eventSortFrom(query.after + 1n),
    below: query.cursor !== undefined && query.cursor < before ? query.cursor : before,
    limit,
  }
  if (types.length > 0 && types.every(isRare)) {
    const partitions = types.map((type) => rareEventPartition(tenant, type))
    const { items, next } = await readMerged(table, {
      index: INDEX,
      partitions,
      ...range,
      attributes: KEY_ATTRIBUTES,
    })
    const found = readItems(table, await readWhole(table, items as (Item & Key)[]), parseEvent)
    const isWanted = (event: StoredEvent) =>
      !isExpired(event, table.now()) &&
      (source === undefined || event.source === source) &&
      (uuid === undefined || event.uuid === uuid)
    return { items: found.filter(isWanted), next }
  }
  const filters = ["expiresAt > :now"]
  const names: Record<string, string> = {}
  const values: Record<string, unknown> = { ":now": Math.floor(table.now() / 1000) }
  for (const [name, value] of Object.entries({ source, uuid })) {
    if (value === undefined) continue
    filters.push(`#${name} = :${name}`)
    names[`#${name}`] = name
    values[`:${name}`] = value
  }
  if (types.length > 0) {
    filters.push(`#type IN (${types.map((_, index) => `:type${index}`).join(", ")})`)
    names["#type"] = "type"
    types.forEach((type, index) => (values[`:type${index}`] = type))
  }
  const { items, next } = await readMerged(table, {
    index: null,
    partitions: partitionsOf(tenant),
    ...range,
    filters,
    isSelective: filters.length > 1,
    names,
    values,
  })
  return { items: readItems(table, items, parseEvent), next }
}

const INDEX = { name: "open", partitionKey: "openKey" }

/** The items of these index entries, in their order. */
async function readWhole(table: Table, entries: (Item & Key)[]): Promise<Item[]> {
  const items = await getItems(table, entries)
  const found = new Map(items.map((item) => [`${String(item["pk"])}|${String(item["sk"])}`, item]))
  return entries.flatMap((key) => {
    const item = found.get(`${key.pk}|${key.sk}`)
    return item ? [item] : []
  })
}

/**
 * A page of the events received in a range (epoch ms, inclusive), in no exact order, for a job. It
 * reads all stored events once, because an event may be received long after it happened.
 */
export async function listReceived(
  table: Table,
  tenant: string,
  {
    since,
    until,
    ...page
  }: { since: number; until: number; limit: number; cursor?: string | undefined },
): Promise<{ items: StoredEvent[]; next: string | undefined }> {
  const { items, next } = await readSideBySide(table, {
    index: null,
    partitions: partitionsOf(tenant),
    filters: ["expiresAt > :now", "receivedAt BETWEEN :since AND :until"],
    values: { ":now": Math.floor(table.now() / 1000), ":since": since, ":until": until },
    ...page,
  })
  return { items: readItems(table, items, parseEvent), next }
}

const partitionsOf = (tenant: string) =>
  Array.from({ length: EVENT_SHARDS }, (_, shard) => eventPartition(tenant, shard))
