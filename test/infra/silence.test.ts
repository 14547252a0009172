import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { test } from "node:test"
import { heartbeatNumber } from "@ringback/collector/heartbeat"
import { HEARTBEAT_SECONDS } from "@ringback/events/heartbeat"
import { fewestHeartbeats } from "../../infra/silence.ts"
import { find, readRecording } from "./recording.ts"

const SECOND = 1000
const PERIOD_SECONDS = 300
const PERIOD = PERIOD_SECONDS * SECOND
const EACH = PERIOD_SECONDS / HEARTBEAT_SECONDS
const START = Date.parse("2026-11-22T06:00:00Z")
const DELAY = 3 * SECOND

const idOf = (stage: number, index: number) =>
  createHash("sha256").update(`${stage}/${index}`).digest("base64url").slice(0, 22)

/** When a collector is to send in the second of three periods, and just before and after it. */
function timesOf(collector: string): number[] {
  const first = heartbeatNumber(collector, START + PERIOD)
  const phase = (at: number) => heartbeatNumber(collector, at) === first
  let at = START + PERIOD
  while (phase(at)) at += 250
  const times: number[] = []
  for (let due = at - PERIOD; due < at + PERIOD; due += HEARTBEAT_SECONDS * SECOND) times.push(due)
  return times
}

/** The heartbeats that are counted in the period, if each is that late. */
function countedIn(collectors: string[], delayOf: (due: number) => number): number {
  const [from, to] = [START + PERIOD, START + 2 * PERIOD]
  const counted = collectors.flatMap((id) => timesOf(id).map((due) => due + delayOf(due)))
  return counted.filter((at) => at >= from && at < to).length
}

const stageOf = (stage: number, size: number) =>
  Array.from({ length: size }, (_, index) => idOf(stage, index))

for (const [size, silent] of [
  [1, 1],
  [2, 1],
  [10, 1],
  [20, 1],
  [100, 3],
  [500, 9],
] as const) {
  test(`of ${size} collectors ${silent} silent trigger the alarm, and late heartbeats none`, () => {
    const limit = fewestHeartbeats(size, PERIOD_SECONDS)
    assert.ok((size - silent) * EACH < limit)
    if (silent > 1) assert.ok((size - silent + 1) * EACH >= limit, "no fewer are promised")
    const stages = size > 20 ? 5 : 20
    for (let stage = 0; stage < stages; stage++) {
      const collectors = stageOf(stage, size)
      assert.equal(
        countedIn(collectors, () => 0),
        size * EACH,
      )
      // The end of the period is slow and the end of the one before was not: the most that slip.
      const late = (due: number) => (due >= START + 1.5 * PERIOD ? DELAY : 0)
      const counted = countedIn(collectors, late)
      assert.ok(counted >= limit, `stage ${stage}: ${counted} of ${size * EACH}, limit ${limit}`)
    }
  })
}

test("the alarm has that limit, and counts regular heartbeats alone", () => {
  const recording = readRecording("production")
  const alarm = find(recording, "alarm", "CollectorSilent")!.inputs
  const filter = find(recording, "metricFilter", "Heartbeats")!.inputs
  assert.deepEqual(
    [filter.metricTransformation.name, filter.metricTransformation.value],
    [alarm.metricName, "$.heartbeat"],
  )
  assert.deepEqual(
    [alarm.threshold, alarm.statistic, alarm.period],
    [fewestHeartbeats(2, PERIOD_SECONDS), "Sum", PERIOD_SECONDS],
  )
})
