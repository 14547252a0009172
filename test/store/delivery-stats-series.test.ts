import assert from "node:assert/strict"
import { test } from "node:test"
import * as Delivery from "@ringback/store/delivery"
import { factsOfEvent } from "@ringback/store/delivery-facts"
import { statsOf, tenantStatsOf } from "@ringback/store/delivery-stats"
import { attemptOf, logOf } from "./log.ts"
import { DAY, MINUTE, RETENTION, START, useTable } from "./table.ts"

const HOUR = 60 * MINUTE
const world = useTable()
const { makeEvent } = logOf(world)

async function deliver(at: number, attempt: Partial<Delivery.Attempt> = {}, endpointId = "ep_1") {
  const facts = factsOfEvent(world.tenant, await makeEvent(at), endpointId)
  const status = attempt.error ? "failed" : "delivered"
  await Delivery.advance(world.table, facts, 0, { status, attempt: { ...attemptOf(), ...attempt } })
}
const stats = () => statsOf(world.table, world.tenant, "ep_1")
type Stats = Awaited<ReturnType<typeof stats>>
const partsOf = ({ series }: Stats["lastHour"]) =>
  series.flatMap(({ from, counts }) => (counts.delivered > 0 ? [[from, counts.delivered]] : []))

test("a window's series has its parts at full times, the last one going on", async () => {
  const ages = [0, 1, 2 * MINUTE, 2 * MINUTE + 1, 58 * MINUTE, 58 * MINUTE + 1, HOUR]
  for (const age of ages) await deliver(START - age)
  await deliver(START - 1, {}, "ep_2")
  const { lastHour, lastDay, lastWeek } = await stats()
  assert.deepEqual(partsOf(lastHour), [
    [START - 58 * MINUTE, 1],
    [START - 4 * MINUTE, 1],
    [START - 2 * MINUTE, 2],
    [START, 1],
  ])
  const froms = ({ series }: Stats["lastHour"]) => series.map(({ from }) => from)
  const every = (width: number, count: number) =>
    Array.from({ length: count }, (_, index) => START - (count - 1 - index) * width)
  assert.deepEqual(froms(lastHour), every(2 * MINUTE, 30))
  assert.deepEqual(froms(lastDay), every(HOUR, 24))
  assert.deepEqual(froms(lastWeek), every(6 * HOUR, 28))
  assert.deepEqual(partsOf(lastDay), [
    [START - HOUR, 6],
    [START, 1],
  ])
  assert.equal(lastHour.counts.delivered, 7)
})

test("between full times the first part is the first whole one", async () => {
  world.now = START + MINUTE
  const { lastHour, lastDay } = await stats()
  assert.deepEqual(
    [lastHour.series[0]!.from, lastHour.series.at(-1)!.from, lastHour.series.length],
    [START - 58 * MINUTE, START, 30],
  )
  assert.deepEqual([lastDay.series[0]!.from, lastDay.series.length], [START - 23 * HOUR, 24])
})

test("latencies are those of the attempts that were taken, by their share", async () => {
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => deliver(START - index, { durationMs: index + 1 })),
  )
  await deliver(START, { durationMs: 90_000, error: "answered 500" })
  const { lastHour } = await stats()
  assert.deepEqual(lastHour.latencyMs, { p50: 50, p95: 95 })
  assert.deepEqual([lastHour.counts.delivered, lastHour.counts.failed], [100, 1])
  assert.equal(lastHour.isEstimate, false)
})

test("windows end where they say, and what expired is counted no more", async () => {
  for (const age of [HOUR, HOUR + 1, DAY, DAY + 1, 7 * DAY, 7 * DAY + 1]) await deliver(START - age)
  const { lastHour, lastDay, lastWeek } = await stats()
  assert.deepEqual(
    [lastHour, lastDay, lastWeek].map(({ counts }) => counts.delivered),
    [1, 3, 5],
  )
  // Written now, and so gone after the retention, whenever the event was received.
  world.now = START + RETENTION
  await deliver(world.now - 1)
  assert.equal((await stats()).lastWeek.counts.delivered, 1)
})

test("a tenant's numbers are those of all its endpoints, and say what is whose", async () => {
  const endpoints = Array.from({ length: 20 }, (_, index) => `ep_${index}`)
  for (const [index, endpointId] of endpoints.entries()) {
    await deliver(START - index * MINUTE, { durationMs: 10 + index }, endpointId)
    if (index % 5 === 0) await deliver(START, { error: "answered 500" }, endpointId)
  }
  await deliver(START - HOUR - 1, {}, "ep_0")
  const of = (name: Parameters<typeof tenantStatsOf>[2]) =>
    tenantStatsOf(world.table, world.tenant, name)
  const hour = await of("lastHour")
  const none = { pending: 0, delivered: 0, failed: 0, held: 0, discarded: 0 }
  assert.deepEqual(hour.counts, { ...none, delivered: 20, failed: 4 })
  assert.deepEqual(hour.latencyMs, { p50: 19, p95: 28 })
  assert.equal(hour.isEstimate, false)
  for (const [index, endpointId] of endpoints.entries()) {
    const own = { ...none, delivered: 1, failed: index % 5 === 0 ? 1 : 0 }
    assert.deepEqual(hour.partOf(endpointId).counts, own, endpointId)
  }
  assert.deepEqual(hour.partOf("ep_none").counts, none)
  assert.equal(hour.series.length, 30)
  assert.deepEqual(
    hour.series.map(({ counts }) => counts.delivered),
    Array.from({ length: 30 }, (_, part) => (part < 19 ? 0 : part === 19 || part === 29 ? 1 : 2)),
  )
  const day = await of("lastDay")
  assert.equal(day.partOf("ep_0").counts.delivered, 2)
  assert.equal(day.series.length, 24)
  assert.deepEqual(partsOf(day).at(-1), [START, 1])
  assert.equal((await of("lastWeek")).series.length, 28)
  world.now += HOUR
  assert.deepEqual((await of("lastHour")).counts, { ...none, delivered: 1, failed: 4 })
})
