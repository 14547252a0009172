import { QueryCommand } from "@aws-sdk/client-dynamodb"
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb"
import type { Item } from "./item.ts"
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

// A page that filters would find too little on reads on, but not for ever: what it costs is bounded.
const ROUNDS = 4
const FILTERED_LIMIT = 1000

type Reader = {
  partition: string
  items: Item[]
  horizon: string | undefined
  lastKey?: Item | undefined
}

/** Reads at most four pages of each partition, however much lies in them. */
export async function readMerged(table: Table, request: MergedRequest): Promise<MergedPage> {
  const readers: Reader[] = request.partitions.map((partition) => ({
    partition,
    items: [],
    horizon: request.below,
  }))
  for (let round = 0; round < ROUNDS; round++) {
    // Only who holds the others up is asked again: below its horizon nothing is known of it.
    const horizon = highest(readers)
    const behind = round === 0 ? readers : readers.filter((each) => each.horizon === horizon)
    await Promise.all(behind.map((reader) => readOn(table, request, reader)))
    const found = above(readers, highest(readers))
    if (highest(readers) === undefined || found.length >= request.limit) break
  }
  const horizon = highest(readers)
  const found = above(readers, horizon)
  const items = found.slice(0, request.limit)
  if (found.length > request.limit) return { items, next: items.at(-1)!.sk as string }
  return { items, next: horizon }
}

/** The sort key above which every partition is known; undefined where all were read to their end. */
function highest(readers: Reader[]): string | undefined {
  const open = readers.flatMap(({ horizon }) => (horizon === undefined ? [] : [horizon]))
  return open.length === 0 ? undefined : open.reduce((a, b) => (a > b ? a : b))
}

function above(readers: Reader[], horizon: string | undefined): Item[] {
  return readers
    .flatMap(({ items }) => items)
    .filter(({ sk }) => horizon === undefined || (sk as string) >= horizon)
    .sort((a, b) => ((a.sk as string) < (b.sk as string) ? 1 : -1))
}

async function readOn(table: Table, request: MergedRequest, reader: Reader): Promise<void> {
  const { index, filters = [], names = {}, values = {} } = request
  const page = await table.client.send(
    new QueryCommand({
      TableName: table.name,
      ...(index ? { IndexName: index.name } : {}),
      KeyConditionExpression: "#partition = :partition AND sk BETWEEN :from AND :below",
      ...(filters.length > 0 ? { FilterExpression: filters.join(" AND ") } : {}),
      ExpressionAttributeNames: { "#partition": index?.partitionKey ?? "pk", ...names },
      ExpressionAttributeValues: marshall({
        ":partition": reader.partition,
        ":from": request.from,
        ":below": request.below,
        ...values,
      }),
      ScanIndexForward: false,
      // One more than wanted, for BETWEEN includes the bound that a page before has shown already.
      Limit: request.isSelective ? FILTERED_LIMIT : limitFor(request),
      ExclusiveStartKey: reader.lastKey && marshall(reader.lastKey),
    }),
  )
  for (const raw of page.Items ?? []) {
    const item = unmarshall(raw)
    if ((item.sk as string) < request.below) reader.items.push(item)
  }
  reader.lastKey = page.LastEvaluatedKey && unmarshall(page.LastEvaluatedKey)
  reader.horizon = reader.lastKey && (reader.lastKey.sk as string)
}

// Hashes spread evenly: twice each partition's share nearly always fills a page in one round.
const limitFor = ({ limit, partitions }: MergedRequest) =>
  Math.min(limit + 1, Math.ceil((2 * limit) / partitions.length) + 8)
