import assert from "node:assert/strict"
import { test } from "node:test"
import { backoffMs } from "@ringback/collector/backoff"
import { SendRate } from "@ringback/collector/send-rate"

test("messages are spread by the rate, after a burst", () => {
  const rate = new SendRate(100, 250)
  const waits = (nowMs: number, counts: number[]) => counts.map((count) => rate.take(count, nowMs))
  assert.deepEqual(waits(5_000, [10, 10, 10, 10]), [0, 0, 50, 150])
  // 200 ms later so much less is to be waited for.
  assert.deepEqual(waits(5_200, [10]), [50])
  // Quiet time is not saved up.
  assert.deepEqual(waits(60_000, [20, 10]), [0, 50])
})

test("the waits after failures double, from a quarter of a second to half a minute", () => {
  const waits = (random: number) =>
    [1, 2, 3, 6, 7, 8, 10, 11, 1_000].map((count) => backoffMs(count, random))
  assert.deepEqual(waits(0), Array(9).fill(125))
  const most = [500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000]
  assert.deepEqual(
    waits(1),
    most.map((ms) => ms + 125),
  )
})
