import { query, type Item } from "./item.ts"
import type { MergedRequest } from "./list-page.ts"
import type { Table } from "./table.ts"

/**
 * Partitions that a job reads page by page, all at about the same progress. Unlike in a merged
 * list, each has its own position, so that nothing is read twice. Items are newest first within a
 * page, and approximately so across pages.
 */
export type SideBySideRequest = Pick<
  MergedRequest,
  "index" | "partitions" | "limit" | "filters" | "names" | "values"
> & {
  /** `next` of the previous page. */
  cursor?: string | undefined
}

/** A page has at most `limit` items, and fewer if the filters let few through. */
export type SideBySidePage = { items: Item[]; next: string | undefined }

const NEWEST = "~"
// A request is charged per 4 KB, so many small requests would cost more than the data that they
// read.
const MIN_SHARE = 50
const MAX_SHARE = 1_000
// How many items a page can read.
const MOST_READ = 4_000

/** The sort key below which a partition is unread. Null at its end. */
type Place = string | null

export async function readSideBySide(
  table: Table,
  request: SideBySideRequest,
): Promise<SideBySidePage> {
  const { partitions, limit } = request
  const places = parsePlaces(request.cursor, partitions.length)
  const items: Item[] = []
  let scanned = 0
  while (items.length < limit && scanned < MOST_READ) {
    const shares = share(places, nextCount(limit - items.length, items.length, scanned))
    if (shares.length === 0) break
    const reads = await Promise.all(
      shares.map(async ([index, count]) => ({
        index,
        page: await readOne(table, request, partitions[index]!, places[index]!, count),
      })),
    )
    for (const { index, page } of reads) {
      const kept = page.items.slice(0, limit - items.length)
      items.push(...kept)
      scanned += page.scanned
      // Items that do not fit this page are read again for the next one.
      if (kept.length === page.items.length) places[index] = page.last
      else places[index] = (kept.at(-1)?.["sk"] as string | undefined) ?? places[index]!
    }
  }
  items.sort((a, b) => ((a["sk"] as string) < (b["sk"] as string) ? 1 : -1))
  return {
    items,
    next: places.some((place) => place !== null) ? JSON.stringify(places) : undefined,
  }
}

const CAUTION = 0.85

/**
 * How many items to read in order to get this many more, judged by how many passed the filters so
 * far.
 */
function nextCount(wanted: number, found: number, scanned: number): number {
  // Rather somewhat too few: what does not fit the page is read again.
  const likely =
    scanned === 0 ? wanted : Math.ceil((CAUTION * wanted * (scanned + 1)) / (found + 1))
  return Math.min(likely, MOST_READ - scanned)
}

/**
 * How many items to read in each partition: those with the least progress first, each enough to be
 * worth a request.
 */
function share(places: Place[], count: number): [index: number, count: number][] {
  const open = places.flatMap((place, index) => (place === null ? [] : [{ place, index }]))
  const chosen = open
    .sort((a, b) => (a.place < b.place ? 1 : a.place > b.place ? -1 : a.index - b.index))
    .slice(0, Math.max(1, Math.floor(count / MIN_SHARE)))
  const each = Math.floor(count / chosen.length)
  const more = count % chosen.length
  return chosen.map(({ index }, at) => [index, Math.min(each + (at < more ? 1 : 0), MAX_SHARE)])
}

async function readOne(
  table: Table,
  { index, filters = [], names = {}, values = {} }: SideBySideRequest,
  partition: string,
  below: string,
  limit: number,
) {
  const { items, scanned, last } = await query(table, {
    index: index?.name,
    where: "#partition = :partition AND sk < :below",
    filter: filters.length > 0 ? filters.join(" AND ") : undefined,
    names: { "#partition": index?.partitionKey ?? "pk", ...names },
    values: { ":partition": partition, ":below": below, ...values },
    newestFirst: true,
    limit,
  })
  return { items, scanned, last: (last?.["sk"] as string | undefined) ?? null }
}

// A job that started under a release before there were positions per partition has one sort key for
// all of them.
function parsePlaces(cursor: string | undefined, count: number): Place[] {
  if (cursor === undefined) return Array<Place>(count).fill(NEWEST)
  if (!cursor.startsWith("[")) return Array<Place>(count).fill(cursor)
  return JSON.parse(cursor) as Place[]
}
