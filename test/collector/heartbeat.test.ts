import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { test } from "node:test"
import { heartbeatNumber } from "@ringback/collector/heartbeat"
import { HEARTBEAT_SECONDS } from "@ringback/events/heartbeat"

const SECOND = 1_000
const PERIOD = 300 * SECOND
const START = Date.parse("2026-11-22T06:00:00Z")

/** The seconds of the period in which a collector sends its heartbeats. */
function dueIn(collector: string): number[] {
  const due: number[] = []
  let number = heartbeatNumber(collector, START)
  for (let now = START + SECOND; now <= START + PERIOD; now += SECOND) {
    const next = heartbeatNumber(collector, now)
    if (next !== number) due.push((now - START) / SECOND)
    number = next
  }
  return due
}

test("each collector sends as many heartbeats in each five minutes, at times of its own", () => {
  assert.equal(START % PERIOD, 0)
  const first = new Set<number>()
  for (let count = 0; count < 100; count++) {
    const due = dueIn(randomBytes(16).toString("base64url"))
    assert.equal(due.length, PERIOD / SECOND / HEARTBEAT_SECONDS)
    first.add(due[0]!)
  }
  assert.ok(first.size > 20, "collectors do not send at the same moment")
})
