import * as v from "valibot"
import { DELIVERY_STATUSES, StoredDelivery, type DeliveryStatus } from "./delivery.ts"
import { query, type Item } from "./item.ts"
import {
  DELIVERY_SHARDS,
  deliveryPartition,
  deliverySortFrom,
  shardsOfEndpoint,
} from "./item-keys.ts"
import { readItems } from "./readable.ts"
import { sampleLog, timesIn, type Part, type Sizes, type Slice } from "./sample-log.ts"
import { isExpired, type Table } from "./table.ts"

// Nothing is counted while deliveries are made, because that would cost a write each. Instead the
// log is read: completely while it is short; of a long log only the newest part, and samples of the
// rest for an estimate.
//
// `page`: how many of the newest are read in each shard. An endpoint has 2 shards, a tenant 16.
const OF_ENDPOINT = { page: 250, sample: 100 }
const OF_TENANT = { page: 100, sample: 40 }

const HOUR_MS = 3600 * 1000
// Intervals start at full 2 minutes, hours and 6 hours, so that a chart's columns do not move while
// it is viewed.
const PART_MS = { lastHour: HOUR_MS / 30, lastDay: HOUR_MS, lastWeek: 6 * HOUR_MS }
const WINDOWS = { lastHour: HOUR_MS, lastDay: 24 * HOUR_MS, lastWeek: 7 * 24 * HOUR_MS }
export type WindowName = keyof typeof WINDOWS

export type WindowStats = {
  counts: Record<DeliveryStatus, number>
  /** For attempts with a 2xx response. */
  latencyMs: { p50: number | null; p95: number | null }
  /** Estimated from samples. */
  isEstimate: boolean
  /**
   * The window in intervals of equal length, oldest first. `from` in epoch ms. The last interval is
   * not over.
   */
  series: { from: number; counts: Record<DeliveryStatus, number> }[]
}

export type TenantWindowStats = WindowStats & {
  /** The part of one endpoint. */
  partOf: (endpointId: string) => Pick<WindowStats, "counts" | "latencyMs">
}

/** One delivery that represents `weight` of them. */
type Weighed = {
  endpointId: string
  at: number
  status: DeliveryStatus
  durationMs: number | undefined
  weight: number
}
/** What is counted of a delivery. Nothing else is read. */
const Counted = v.object({
  ...v.pick(StoredDelivery, ["pk", "sk", "endpointId", "status", "expiresAt"]).entries,
  attempts: v.optional(
    v.array(v.object({ durationMs: v.number(), error: v.nullable(v.string()) })),
    [],
  ),
})
const ATTRIBUTES = ["v", ...Object.keys(Counted.entries)]
const parse = (item: Item) => v.parse(Counted, item)

/** `isEstimate`: samples were read. */
type Read = { all: Weighed[]; isEstimate: boolean }

type Log = Sizes & { tenant: string; endpointId: string | undefined }

/**
 * Counts by status and latencies of an endpoint, by the time of receipt. Of a long log, about ten
 * requests a shard and window, and several times as many if it has bursts.
 */
export async function statsOf(
  table: Table,
  tenant: string,
  endpointId: string,
): Promise<Record<WindowName, WindowStats>> {
  const now = table.now()
  const names = Object.keys(WINDOWS) as WindowName[]
  // Each window contains the previous one: only the additional part is read.
  const added = await Promise.all(
    names.map((name, index) => {
      const to = index === 0 ? now + 1 : now - WINDOWS[names[index - 1]!]
      const log = { tenant, endpointId, ...OF_ENDPOINT }
      return readSlice(table, log, { from: now - WINDOWS[name], to })
    }),
  )
  const stats = names.map((name, index) => {
    const read = added.slice(0, index + 1)
    const all = read.flatMap((each) => each.all)
    const isEstimate = read.some((each) => each.isEstimate)
    return { ...summarize(all), isEstimate, series: seriesOf(all, name, now) }
  })
  return Object.fromEntries(names.map((name, index) => [name, stats[index]])) as Record<
    WindowName,
    WindowStats
  >
}

const ALL_SHARDS = Array.from({ length: DELIVERY_SHARDS }, (_, shard) => shard)

/** The same for all of a tenant's endpoints together, in one window. */
export async function tenantStatsOf(
  table: Table,
  tenant: string,
  name: WindowName,
): Promise<TenantWindowStats> {
  const now = table.now()
  const log = { tenant, endpointId: undefined, ...OF_TENANT }
  const slice = { from: now - WINDOWS[name], to: now + 1 }
  const { all, isEstimate } = await readSlice(table, log, slice)
  const byEndpoint = Map.groupBy(all, ({ endpointId }) => endpointId)
  return {
    ...summarize(all),
    isEstimate,
    series: seriesOf(all, name, now),
    partOf(endpointId) {
      const part = byEndpoint.get(endpointId) ?? []
      return { counts: countsOf(part), latencyMs: latencyOf(part) }
    },
  }
}

/** For one endpoint, or for all. */
async function readSlice(table: Table, log: Log, slice: Slice): Promise<Read> {
  const shards = log.endpointId === undefined ? ALL_SHARDS : shardsOfEndpoint(log.endpointId)
  const sampled = await Promise.all(
    shards.map((shard) =>
      sampleLog((part, limit) => readPart(table, log, shard, part, limit), slice, log),
    ),
  )
  const parts = sampled.flat()
  return {
    all: parts.flatMap(({ items, weight }) => items.map((item) => ({ ...item, weight }))),
    // Also where a sample has nothing of the endpoint.
    isEstimate: parts.some(({ weight }) => weight > 1),
  }
}

async function readPart(
  table: Table,
  { tenant, endpointId }: Log,
  shard: number,
  { from, to }: Slice,
  limit: number,
): Promise<Part<Omit<Weighed, "weight">>> {
  const page = await query(table, {
    where: "pk = :pk AND sk BETWEEN :from AND :to",
    ...(endpointId !== undefined && { filter: "endpointId = :endpointId" }),
    values: {
      ":pk": deliveryPartition(tenant, shard),
      ":from": deliverySortFrom(from),
      ":to": deliverySortFrom(to),
      ...(endpointId !== undefined && { ":endpointId": endpointId }),
    },
    attributes: ATTRIBUTES,
    newestFirst: true,
    limit,
  })
  const timeOf = (item: Item) => timeIn(item["sk"] as string)
  const items = readItems(table, page.items, parse)
    .filter((delivery) => !isExpired(delivery, table.now()))
    .map((delivery) => {
      const { endpointId, status, attempts } = delivery
      const durationMs = attempts.findLast((attempt) => attempt.error === null)?.durationMs
      return { endpointId, at: timeIn(delivery.sk), status, durationMs }
    })
  // The last millisecond may have more items than were read. That is acceptable for a sample, but
  // not for a count.
  const reached = page.last === undefined ? from : timeOf(page.last)
  return {
    items,
    from: Math.min(Math.max(from, reached), to - 1),
    times: timesIn(page.items, timeOf),
  }
}

const timeIn = (sk: string) => Number(sk.split("#", 1)[0])

function countsOf(all: Weighed[]): Record<DeliveryStatus, number> {
  const counts = Object.fromEntries(DELIVERY_STATUSES.map((status) => [status, 0])) as Record<
    DeliveryStatus,
    number
  >
  for (const { status, weight } of all) counts[status] += weight
  for (const status of DELIVERY_STATUSES) counts[status] = Math.round(counts[status])
  return counts
}

function seriesOf(all: Weighed[], name: WindowName, now: number): WindowStats["series"] {
  const partMs = PART_MS[name]
  const numberOf = (at: number) => Math.floor(at / partMs)
  // The part of the window before the first full interval is not in the series.
  const first = numberOf(now - WINDOWS[name]) + 1
  const byPart = Map.groupBy(all, ({ at }) => numberOf(at))
  return Array.from({ length: numberOf(now) - first + 1 }, (_, index) => ({
    from: (first + index) * partMs,
    counts: countsOf(byPart.get(first + index) ?? []),
  }))
}

const summarize = (all: Weighed[]): Pick<WindowStats, "counts" | "latencyMs"> => ({
  counts: countsOf(all),
  latencyMs: latencyOf(all),
})

const latencyOf = (all: Weighed[]): WindowStats["latencyMs"] => ({
  p50: percentile(all, 0.5),
  p95: percentile(all, 0.95),
})

function percentile(all: Weighed[], share: number): number | null {
  const timed = all
    .flatMap(({ durationMs, weight }) => (durationMs === undefined ? [] : [{ durationMs, weight }]))
    .sort((a, b) => a.durationMs - b.durationMs)
  let wanted = share * timed.reduce((sum, { weight }) => sum + weight, 0)
  for (const { durationMs, weight } of timed) {
    wanted -= weight
    if (wanted <= 0) return durationMs
  }
  return null
}
