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
// The first read assumes that the newest items are spread evenly, and that a filter lets one of
// eight through. Where that does not fill the page, a second one reads the rest.
const SPREAD = 3
const SPREAD_MORE = 8
const SELECTED = 8

/** `horizon`: the sort key at which the reading stopped. Undefined at the partition's end. */
type Read = { partition: string; items: Item[]; horizon: string | undefined }

/**
 * Reads one page of each partition, however large it is: one request per partition, and a second
 * one where an uneven spread or a filter leaves the page short.
 */
export async function readMerged(table: Table, request: MergedRequest): Promise<MergedPage> {
  const { limit, partitions, below } = request
  // All items of a page may be in one partition. One more, because BETWEEN includes the bound, which
  // the previous page already returned.
  const most = request.isSelective ? FILTERED_LIMIT : limit + 1
  const share = limit / partitions.length
  const wanted = request.isSelective ? SELECTED * share : SPREAD * share + SPREAD_MORE
  const first = Math.min(most, Math.ceil(wanted))
  let reads = await Promise.all(
    partitions.map((partition) => readOne(table, request, { partition, below, limit: first })),
  )
  if (first < most) {
    const end = newestFirst(reads)[limit - 1]?.["sk"] as string | undefined
    reads = await Promise.all(
      reads.map(async (read) => {
        const { partition, items, horizon } = read
        if (horizon === undefined || (end !== undefined && horizon <= end)) return read
        // One more, because BETWEEN includes the horizon.
        const rest = { partition, below: horizon, limit: most - first + 1 }
        const more = await readOne(table, request, rest)
        return { ...more, items: [...items, ...more.items] }
      }),
    )
  }
  // Items may be missing below the highest point at which the reading of a partition stopped.
  const horizon = reads
    .flatMap((read) => (read.horizon === undefined ? [] : [read.horizon]))
    .reduce<string | undefined>((a, b) => (a !== undefined && a > b ? a : b), undefined)
  const found = newestFirst(reads).filter(
    ({ sk }) => horizon === undefined || (sk as string) >= horizon,
  )
  const items = found.slice(0, limit)
  if (found.length > limit) return { items, next: items.at(-1)!.sk as string }
  return { items, next: horizon }
}

const newestFirst = (reads: Read[]): Item[] =>
  reads.flatMap(({ items }) => items).sort((a, b) => ((a.sk as string) < (b.sk as string) ? 1 : -1))

async function readOne(
  table: Table,
  request: MergedRequest,
  { partition, below, limit }: { partition: string; below: string; limit: number },
): Promise<Read> {
  const { index, filters = [], names = {}, values = {} } = request
  const { items, last } = await query(table, {
    index: index?.name,
    where: "#partition = :partition AND sk BETWEEN :from AND :below",
    filter: filters.length > 0 ? filters.join(" AND ") : undefined,
    names: { "#partition": index?.partitionKey ?? "pk", ...names },
    values: { ":partition": partition, ":from": request.from, ":below": below, ...values },
    newestFirst: true,
    attributes: request.attributes,
    limit,
  })
  return {
    partition,
    items: items.filter(({ sk }) => (sk as string) < below),
    horizon: last?.["sk"] as string | undefined,
  }
}
