import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { after, before, test } from "node:test"
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb"
import { marshall } from "@aws-sdk/util-dynamodb"
import * as Keys from "@ringback/store/item-keys"
import { statsOf } from "@ringback/store/delivery-stats"
import type { Table } from "@ringback/store/table"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"

const NOW = Date.parse("2026-11-22T06:00:00Z")
const HOUR_MS = 3_600_000
const tenant = "ten_06fzk3vq8r2m5x0c9d7g4h1jtw"
const endpointId = "ep_06fzk3vq8r2m5x0c9d7g4h1jtw"

let stack: Stack
let table: Table
before(async () => {
  stack = await startStack()
  table = makeDeps(stack, { now: () => NOW }).table
})
after(() => stack.close())

/** Deliveries of those ages, every tenth failed, answered in 0 to 99 ms. */
async function write(endpoint: string, agesMs: number[]) {
  const items = agesMs.map((ageMs, index) => {
    const hash = createHash("sha256").update(`${endpoint} ${index}`).digest().subarray(0, 12)
    const shards = Keys.shardsOfEndpoint(endpoint)
    const ref = { shard: shards[index % shards.length]!, createdAt: NOW - ageMs, hash }
    const isFailed = index % 10 === 9
    const durationMs = (index * 37) % 100
    const error = isFailed ? "answered 500" : null
    const responseBody = null
    const attempts = [{ id: "a", at: 0, statusCode: 200, durationMs, error, responseBody }]
    const facts = { endpointId: endpoint, eventId: "evt_x", eventType: "queue.updated", turn: 1 }
    const status = isFailed ? "failed" : "delivered"
    const expiresAt = Math.floor(NOW / 1000) + 86_400
    return { ...Keys.deliveryKey(tenant, ref), ...facts, status, attempts, expiresAt }
  })
  for (let start = 0; start < items.length; start += 25) {
    const requests = items
      .slice(start, start + 25)
      .map((item) => ({ PutRequest: { Item: marshall(item) } }))
    await stack.dynamodb.send(
      new BatchWriteItemCommand({ RequestItems: { [stack.tableName]: requests } }),
    )
  }
}

test("a short log is counted exactly, window by window", async () => {
  const ages = [
    0,
    HOUR_MS - 1,
    HOUR_MS + 1,
    23 * HOUR_MS,
    25 * HOUR_MS,
    167 * HOUR_MS,
    169 * HOUR_MS,
  ]
  await write(endpointId, [...ages, ...ages.slice(0, 3)])
  await write("ep_06fzk3vq8r2m5x0c9d7g4h1jtx", ages)
  const stats = await statsOf(table, tenant, endpointId)
  assert.deepEqual(
    [stats.lastHour, stats.lastDay, stats.lastWeek].map(({ counts, isEstimate }) => [
      counts.delivered,
      counts.failed,
      isEstimate,
    ]),
    [
      [4, 0, false],
      [6, 1, false],
      [8, 1, false],
    ],
  )
})

test("a long log is reckoned from samples, near enough", async () => {
  const busy = "ep_06fzk3w0a4n7p2y5b8e1h3k6mq"
  const count = 3_000
  const ages = Array.from({ length: count }, (_, index) =>
    Math.floor((index * 168 * HOUR_MS) / count),
  )
  await write(busy, ages)
  const { lastWeek, lastHour } = await statsOf(table, tenant, busy)
  assert.equal(lastWeek.isEstimate, true)
  const near = (value: number, wanted: number) =>
    assert.ok(Math.abs(value - wanted) < wanted / 10, `${value}, not about ${wanted}`)
  near(lastWeek.counts.delivered, count * 0.9)
  near(lastWeek.counts.failed, count * 0.1)
  near(lastWeek.latencyMs.p50!, 50)
  near(lastWeek.latencyMs.p95!, 95)
  assert.equal(lastHour.isEstimate, false)
})

test("an endpoint that got nothing has nothing to show", async () => {
  const { lastWeek } = await statsOf(table, tenant, "ep_06fzk3x0a4n7p2y5b8e1h3k6mq")
  assert.deepEqual(lastWeek.counts, { pending: 0, delivered: 0, failed: 0, held: 0, discarded: 0 })
  assert.deepEqual(lastWeek.latencyMs, { p50: null, p95: null })
})
