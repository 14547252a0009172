import { query } from "./item.ts"
import {
  DELIVERY_SHARDS,
  deliveryPartition,
  deliverySortFrom,
  EVENT_SHARDS,
  eventPartition,
  eventSortFrom,
} from "./item-keys.ts"
import type { Table } from "./table.ts"

// As with an endpoint's statistics, nothing is counted while work is done: the newest items are
// read, and samples of the rest.
const PAGE = 100
const SAMPLES = 6
const NANOS = 1_000_000n

export type Volume = {
  events: number
  deliveries: number
  attempts: number
  /** Estimated from samples. */
  isEstimate: boolean
}

type Log = {
  pk: string
  /** Converts epoch ms to and from the times in sort keys. */
  format: (millis: number) => string
  parse: (sortTime: string) => number
}
type Counted = { items: number; attempts: number; isEstimate: boolean }

/** A tenant's volume between two times, in epoch ms. At most 168 requests, however large it is. */
export async function volumeOf(
  table: Table,
  tenant: string,
  range: { from: number; to: number },
): Promise<Volume> {
  const shards = (count: number, log: (shard: number) => Log) =>
    Promise.all(Array.from({ length: count }, (_, shard) => countSlice(table, log(shard), range)))
  const [events, deliveries] = await Promise.all([
    shards(EVENT_SHARDS, (shard) => ({
      pk: eventPartition(tenant, shard),
      format: (millis) => eventSortFrom(BigInt(millis) * NANOS),
      parse: (text) => Number(BigInt(text) / NANOS),
    })),
    shards(DELIVERY_SHARDS, (shard) => ({
      pk: deliveryPartition(tenant, shard),
      format: deliverySortFrom,
      parse: Number,
    })),
  ])
  const sum = (all: Counted[], name: "items" | "attempts") =>
    Math.round(all.reduce((total, each) => total + each[name], 0))
  return {
    events: sum(events, "items"),
    deliveries: sum(deliveries, "items"),
    attempts: sum(deliveries, "attempts"),
    isEstimate: [...events, ...deliveries].some(({ isEstimate }) => isEstimate),
  }
}

type Range = { from: number; to: number }

async function countSlice(table: Table, log: Log, range: Range): Promise<Counted> {
  const newest = await countPart(table, log, range)
  if (newest.from <= range.from) return { ...newest, isEstimate: false }
  const width = (newest.from - range.from) / SAMPLES
  const parts = await Promise.all(
    Array.from({ length: SAMPLES }, async (_, index) => {
      const from = Math.floor(range.from + index * width)
      const to = Math.floor(range.from + (index + 1) * width)
      if (to <= from) return { items: 0, attempts: 0 }
      const sample = await countPart(table, log, { from, to })
      const weight = (to - from) / (to - sample.from)
      return { items: sample.items * weight, attempts: sample.attempts * weight }
    }),
  )
  return {
    items: parts.reduce((sum, { items }) => sum + items, newest.items),
    attempts: parts.reduce((sum, { attempts }) => sum + attempts, newest.attempts),
    isEstimate: true,
  }
}

/** The newest items of a part. `from` is how far back it was read. */
async function countPart(table: Table, log: Log, { from, to }: Range) {
  const page = await query(table, {
    where: "pk = :pk AND sk BETWEEN :from AND :to",
    values: { ":pk": log.pk, ":from": log.format(from), ":to": log.format(to) },
    attributes: ["sk", "attemptCount"],
    newestFirst: true,
    limit: PAGE,
  })
  const found = page.items
  const last = page.last?.["sk"] as string | undefined
  const reached = last === undefined ? from : log.parse(last.split("#", 1)[0]!)
  return {
    items: found.length,
    attempts: found.reduce((sum, { attemptCount }) => sum + Number(attemptCount ?? 0), 0),
    // The last millisecond may have more items than were read. That is acceptable for a sample, but
    // not for a count.
    from: Math.min(Math.max(from, reached), to - 1),
  }
}
