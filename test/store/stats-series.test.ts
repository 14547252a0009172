import assert from "node:assert/strict"
import { test } from "node:test"
import * as Delivery from "@ringback/store/delivery"
import { factsOfEvent } from "@ringback/store/delivery-facts"
import { statsOf } from "@ringback/store/stats"
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
