import type { Table } from "./table.ts"
import { parseEvent, type StoredEvent } from "./event.ts"
import { EVENT_SHARDS, eventPartition, eventSortFrom } from "./keys.ts"
import { readItems } from "./readable.ts"
import { readMerged } from "./merged.ts"

export type EventQuery = {
  type?: string | undefined
  source?: string | undefined
  uuid?: string | undefined
  /** Nanoseconds, exclusive, on the event's own time. */
  after?: bigint | undefined
  before?: bigint | undefined
  /** Epoch ms, inclusive, on the receipt. */
  received?: { since: number; until: number } | undefined
  limit: number
  /** `next` of the page before. */
  cursor?: string | undefined
}

const END = "~"

/** Events newest first. A page may be short where filters apply. */
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
  if (query.received) {
    filters.push("receivedAt BETWEEN :since AND :until")
    values[":since"] = query.received.since
    values[":until"] = query.received.until
  }
  const before = query.before === undefined ? END : eventSortFrom(query.before)
  const { items, next } = await readMerged(table, {
    index: null,
    partitions: Array.from({ length: EVENT_SHARDS }, (_, shard) => eventPartition(tenant, shard)),
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
