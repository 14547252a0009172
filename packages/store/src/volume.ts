import { query, type Item } from "./item.ts"
import {
  DELIVERY_SHARDS,
  deliveryPartition,
  deliverySortFrom,
  EVENT_SHARDS,
  eventPartition,
  eventSortFrom,
} from "./item-keys.ts"
import { sampleLog, timesIn, type Part, type Slice } from "./sample-log.ts"
import type { Table } from "./table.ts"

// As with an endpoint's statistics, nothing is counted while work is done: the newest items are
// read, and samples of the rest.
const SIZES = { page: 100, sample: 100 }
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

/** A tenant's volume between two times, in epoch ms: about ten requests a shard if it is large. */
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

async function countSlice(table: Table, log: Log, range: Slice): Promise<Counted> {
  const sampled = await sampleLog((part, limit) => readPart(table, log, part, limit), range, SIZES)
  const counted = { items: 0, attempts: 0, isEstimate: false }
  for (const { items, weight } of sampled) {
    counted.items += items.length * weight
    counted.attempts += weight * items.reduce((sum, attempts) => sum + attempts, 0)
    counted.isEstimate ||= weight > 1
  }
  return counted
}

/** The number of attempts of each item. */
async function readPart(
  table: Table,
  log: Log,
  { from, to }: Slice,
  limit: number,
): Promise<Part<number>> {
  const page = await query(table, {
    where: "pk = :pk AND sk BETWEEN :from AND :to",
    values: { ":pk": log.pk, ":from": log.format(from), ":to": log.format(to) },
    attributes: ["sk", "attemptCount"],
    newestFirst: true,
    limit,
  })
  const found = page.items
  const timeOf = (item: Item) => log.parse((item["sk"] as string).split("#", 1)[0]!)
  // The last millisecond may have more items than were read. That is acceptable for a sample, but
  // not for a count.
  const reached = page.last === undefined ? from : timeOf(page.last)
  return {
    items: found.map(({ attemptCount }) => Number(attemptCount ?? 0)),
    from: Math.min(Math.max(from, reached), to - 1),
    times: timesIn(found, timeOf),
  }
}
