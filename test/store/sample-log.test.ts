import assert from "node:assert/strict"
import { test } from "node:test"
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb"
import { marshall } from "@aws-sdk/util-dynamodb"
import { makeId } from "@ringback/events/ids"
import { statsOf, tenantStatsOf } from "@ringback/store/delivery-stats"
import {
  deliveryKey,
  deliveryRef,
  eventKey,
  hashOf,
  shardsOfEndpoint,
} from "@ringback/store/item-keys"
import { sampleLog, slicesBefore, timesIn, type Slice } from "@ringback/store/sample-log"
import { volumeOf } from "@ringback/store/volume"
import { START, useTable } from "./table.ts"

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const spread = (count: number, from: number, lastingMs: number) =>
  Array.from({ length: count }, (_, index) => Math.floor(from + (index / count) * lastingMs))

/** How many of items at these times a sample makes, and with how many requests. */
async function estimate(times: number[], slice: Slice) {
  const newestFirst = times.toSorted((a, b) => b - a)
  let requestCount = 0
  const sampled = await sampleLog(
    async ({ from, to }, limit) => {
      requestCount++
      const all = newestFirst.filter((at) => at >= from && at < to)
      const items = all.slice(0, limit)
      return {
        items,
        from: items.length < limit ? from : Math.max(from, items.at(-1)!),
        times: timesIn(items, (at) => at),
      }
    },
    slice,
    { page: 100, sample: 40 },
  )
  const count = sampled.reduce((sum, { items, weight }) => sum + items.length * weight, 0)
  return { count, requestCount, isExact: sampled.every(({ weight }) => weight === 1) }
}

const WEEK: Slice = { from: 0, to: 168 * HOUR }

test("a short log is read completely, in one request", async () => {
  for (const count of [0, 1, 99]) {
    const { requestCount, ...found } = await estimate(spread(count, 0, WEEK.to), WEEK)
    assert.deepEqual([found, requestCount], [{ count, isExact: true }, 1])
  }
})

test("bursts of any length, once or again and again, are not taken for a rate", async () => {
  const bursts: [what: string, times: number[]][] = [
    ["at the end", spread(500, WEEK.to - 10_000, 9_000)],
    ["an hour ago", spread(500, WEEK.to - HOUR, 10_000)],
    [
      "long ago, and some since",
      [...spread(2_500, 72 * HOUR, 2 * MINUTE), ...spread(100, 167 * HOUR, HOUR)],
    ],
    [
      "in the newest page's last item",
      [...spread(2_500, 72 * HOUR, 2 * MINUTE), ...spread(99, 167 * HOUR, HOUR)],
    ],
    [
      "at one moment",
      Array(90)
        .fill(100 * HOUR)
        .concat(spread(50, 150 * HOUR, HOUR)),
    ],
    ["for the last hour alone", spread(5_000, WEEK.to - HOUR, HOUR)],
    ["for a day", spread(5_000, 100 * HOUR, 24 * HOUR)],
  ]
  for (const [what, times] of bursts) {
    const { count, requestCount } = await estimate(times, WEEK)
    const share = count / times.length
    assert.ok(share > 0.4 && share < 3, `${what}: ${count} of ${times.length}`)
    assert.ok(requestCount <= 30, `${what}: ${requestCount} requests`)
  }
})

test("a steady log is estimated within a fifth, with few requests however long it is", async () => {
  for (const [count, most] of [
    [1_000, 6],
    [6_000, 12],
    [60_000, 25],
  ] as const) {
    const found = await estimate(spread(count, 0, WEEK.to), WEEK)
    assert.ok(Math.abs(found.count / count - 1) < 0.2, `${found.count} of ${count}`)
    assert.ok(found.requestCount <= most, `${found.requestCount} requests for ${count}`)
  }
})

test("slices grow to the past, touch each other and reach the start", () => {
  assert.deepEqual(slicesBefore({ from: 0, to: 100 }, 10), [
    { from: 90, to: 100 },
    { from: 50, to: 90 },
    { from: 0, to: 50 },
  ])
  const many = slicesBefore(WEEK, 0)
  assert.equal(many.length, 8)
  assert.deepEqual([many[0], many.at(-1)!.from], [{ from: WEEK.to - 1, to: WEEK.to }, 0])
  assert.deepEqual(slicesBefore({ from: 5, to: 5 }, 10), [])
})

const world = useTable()

/** Deliveries of those times with their events, written as they are stored. */
async function write(deliveries: { at: number; endpointId: string }[]) {
  const { table, tenant } = world
  const requests = deliveries.flatMap(({ at, endpointId }, index) => {
    const eventId = `evt_${index}`
    const delivery = { endpointId, eventId, eventType: "x", status: "delivered", turn: 1 }
    const expiresAt = START / 1000 + 3600
    const event = eventKey(tenant, BigInt(at) * 1_000_000n, hashOf("e", index))
    return [
      {
        ...deliveryKey(tenant, deliveryRef(eventId, endpointId, at)),
        ...delivery,
        attemptCount: 2,
        attempts: [],
        expiresAt,
      },
      { ...event, type: "x" },
    ].map((Item) => ({ PutRequest: { Item: marshall(Item) } }))
  })
  for (let from = 0; from < requests.length; from += 25) {
    const RequestItems = { [table.name]: requests.slice(from, from + 25) }
    await table.client.send(new BatchWriteItemCommand({ RequestItems }))
  }
}

test("an endpoint with few deliveries beside a busy one is counted, and said to be estimated", async () => {
  const { table, tenant } = world
  const quiet = makeId("ep", START)
  const shards = JSON.stringify(shardsOfEndpoint(quiet))
  const isBeside = (id: string) => JSON.stringify(shardsOfEndpoint(id)) === shards
  let busy = makeId("ep", START)
  while (!isBeside(busy)) busy = makeId("ep", START)
  await write([
    ...spread(6_000, START - HOUR + MINUTE, 58 * MINUTE).map((at) => ({ at, endpointId: busy })),
    ...spread(60, START - 55 * MINUTE, 40 * MINUTE).map((at) => ({ at, endpointId: quiet })),
  ])
  const { lastHour, lastDay } = await statsOf(table, tenant, quiet)
  for (const { counts, isEstimate } of [lastHour, lastDay]) {
    assert.ok(counts.delivered >= 20 && counts.delivered <= 180, `${counts.delivered} of 60`)
    assert.equal(isEstimate, true)
  }
})

test("statistics and volume of a log with a burst are of its size", async () => {
  const { table, tenant } = world
  const endpointId = makeId("ep", START)
  const times = [
    ...spread(1_000, START - 10 * MINUTE, 10_000),
    ...spread(200, START - 5 * MINUTE, 4 * MINUTE),
  ]
  await write(times.map((at) => ({ at, endpointId })))
  const endpoint = await statsOf(table, tenant, endpointId)
  const volume = await volumeOf(table, tenant, { from: START - 24 * HOUR, to: START })
  const shown = [
    endpoint.lastHour.counts.delivered,
    endpoint.lastWeek.counts.delivered,
    (await tenantStatsOf(table, tenant, "lastHour")).counts.delivered,
    (await tenantStatsOf(table, tenant, "lastWeek")).counts.delivered,
    volume.events,
    volume.deliveries,
    volume.attempts / 2,
  ]
  for (const each of shown) assert.ok(each > 600 && each < 3_600, shown.join(", "))
})
