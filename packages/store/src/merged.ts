import { query, type Item } from "./item.ts"
import type { Table } from "./table.ts"

/** Partitions whose sort keys form one order, read together newest first. */
export type MergedRequest = {
  /** Null: the table itself. Its partition key is `pk`, an index's key has the given name. */
  index: { name: string; partitionKey: string } | null
  partitions: string[]
  /** Sort keys at or above this one. */
  from: string
  /** Sort keys below this one: a bound, or the end of the previous page. */
  below: string
  limit: number
  /** A filter on the items read: conditions joined by AND. */
  filters?: string[]
  /** Whether the filters let few items through, so that more is read at once. */
  isSelective?: boolean
  names?: Record<string, string>
  values?: Item
  /** Only these attributes of each item, `sk` among them. All if omitted. */
  attributes?: readonly string[]
}

/** What an index is asked for if the whole items are read afterwards. */
export const KEY_ATTRIBUTES = ["pk", "sk"]

/**
 * `next`: pass it as `below` to continue. Undefined at the end. A page of a filtered list can be
 * short.
 */
export type MergedPage = { items: Item[]; next: string | undefined }

// How many items filters can read in each partition. A query reads at most 1 MB in any case.
const FILTERED_LIMIT = 1000

type Read = { items: Item[]; horizon: string | undefined }

/** Reads one page of each partition: one request per partition, however large it is. */
export async function readMerged(table: Table, request: MergedRequest): Promise<MergedPage> {
  const reads = await Promise.all(
    request.partitions.map((partition) => readOne(table, request, partition)),
  )
  // Items may be missing below the highest point at which the reading of a partition stopped.
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
    attributes: request.attributes,
    // All items of a page may be in one partition. One more, because BETWEEN includes the bound,
    // which the previous page already returned.
    limit: request.isSelective ? FILTERED_LIMIT : request.limit + 1,
  })
  return {
    items: items.filter(({ sk }) => (sk as string) < request.below),
    horizon: last?.["sk"] as string | undefined,
  }
}
