import type { Table } from "./table.ts"
import { parseEvent, type StoredEvent } from "./event.ts"
import { EVENT_SHARDS, eventPartition, eventSortFrom } from "./keys.ts"
import { readItems } from "./readable.ts"
import { readMerged } from "./merged.ts"
import { readSideBySide } from "./side-by-side.ts"

export type EventQuery = {
  type?: string | undefined
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
  const filters = ["expiresAt > :now"]
  const names: Record<string, string> = {}
  const values: Record<string, unknown> = { ":now": Math.floor(table.now() / 1000) }
  for (const name of ["type", "source", "uuid"] as const) {
    if (query[name] === undefined) continue
    filters.push(`#${name} = :${name}`)
    names[`#${name}`] = name
    values[`:${name}`] = query[name]
  }
  const before = query.before === undefined ? END : eventSortFrom(query.before)
  const { items, next } = await readMerged(table, {
    index: null,
    partitions: partitionsOf(tenant),
    from: query.after === undefined ? "0" : eventSortFrom(query.after + 1n),
    below: query.cursor !== undefined && query.cursor < before ? query.cursor : before,
    limit: query.limit,
    filters,
    isSelective: filters.length > 1,
    names,
    values,
  })
  return { items: readItems(table, items, parseEvent), next }
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
