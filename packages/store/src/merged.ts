import { query, type Item } from "./item.ts"
import type { Table } from "./table.ts"

/** Partitions whose sort keys make one order, read together newest first. */
export type MergedRequest = {
  /** Null: the table itself; its partition key is `pk`, an index's has the name given. */
  index: { name: string; partitionKey: string } | null
  partitions: string[]
  /** Sort keys at or above this one. */
  from: string
  /** Sort keys below this one: a bound, or where the page before ended. */
  below: string
  limit: number
  /** A filter on what was read: conditions joined by AND. */
  filters?: string[]
  /** Whether the filters let little through, so that more is read at once. */
  isSelective?: boolean
  names?: Record<string, string>
  values?: Item
}

/** `next`: pass it as `below` to go on; undefined at the end. A page of a filtered list may be short. */
export type MergedPage = { items: Item[]; next: string | undefined }

// What filters may look through in each partition; a query reads no more than 1 MB in any case.
const FILTERED_LIMIT = 1000

type Read = { items: Item[]; horizon: string | undefined }

/** Reads one page of each partition: as many requests as partitions, however much lies in them. */
export async function readMerged(table: Table, request: MergedRequest): Promise<MergedPage> {
  const reads = await Promise.all(
    request.partitions.map((partition) => readOne(table, request, partition)),
  )
  // Below the highest place at which a partition was not read on, something may be missing.
  const horizon = reads
    .flatMap((read) => (read.horizon === undefined ? [] : [read.horizon]))
    .reduce<string | undefined>((a, b) => (a !== undefined && a > b ? a : b), undefined)
  const found = reads
    .flatMap(({ items }) => items)
    .filter(({ sk }) => horizon === undefined || (sk as string) >= horizon)
    .sort((a, b) => ((a.sk as string) < (b.sk as string) ? 1 : -1))
  const items = found.slice(0, request.limit)
  if (found.length > request.limit) return { items, next: items.at(-1)!.sk as string }
  return { items, next: horizon }
}

async function readOne(table: Table, request: MergedRequest, partition: string): Promise<Read> {
  const { index, filters = [], names = {}, values = {} } = request
  const { items, last } = await query(table, {
    index: index?.name,
    where: "#partition = :partition AND sk BETWEEN :from AND :below",
    filter: filters.length > 0 ? filters.join(" AND ") : undefined,
    names: { "#partition": index?.partitionKey ?? "pk", ...names },
    values: {
      ":partition": partition,
      ":from": request.from,
      ":below": request.below,
      ...values,
    },
    newestFirst: true,
    // All of a page may lie in one partition; and one more, for BETWEEN includes the bound that a page before has shown already.
    limit: request.isSelective ? FILTERED_LIMIT : request.limit + 1,
  })
  return {
    items: items.filter(({ sk }) => (sk as string) < request.below),
    horizon: last?.["sk"] as string | undefined,
  }
}
