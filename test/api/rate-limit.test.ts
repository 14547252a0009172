import assert from "node:assert/strict"
import { test } from "node:test"
import { makeRateLimit } from "@ringback/functions/api/rate-limit"

/** What the limit says to a caller at a time. `refused`: its Retry-After. */
function setUp(perSecond: number) {
  const clock = { now: 1_000_000 }
  const { take } = makeRateLimit(perSecond, () => clock.now)
  const ask = (caller = "a") => {
    try {
      const headers = take(caller)
      return [headers["ratelimit-remaining"], headers["ratelimit-reset"]].join()
    } catch (error) {
      const { headers } = error as { headers: Record<string, string> }
      return `refused ${[headers["retry-after"], headers["ratelimit-reset"]].join()}`
    }
  }
  return { clock, ask, take }
}

test("a key has a second's worth of requests, then as many as pass in time, and is told how many", () => {
  const { clock, ask, take } = setUp(4)
  assert.deepEqual([ask(), ask(), ask(), ask()], ["3,1", "2,1", "1,1", "0,1"])
  assert.equal(ask(), "refused 1,1")
  clock.now += 250
  assert.deepEqual([ask(), ask()], ["0,1", "refused 1,1"])
  assert.equal(ask("b"), "3,1", "another key")
  clock.now += 60_000
  assert.equal(ask(), "3,1", "no more than a second's worth is saved")
  clock.now -= 60_000
  assert.equal(ask(), "2,1", "a clock that was set back takes nothing")
  const headers = take("c")
  assert.deepEqual([headers["ratelimit-policy"], headers["ratelimit-limit"]], ["4;w=1", "4"])
})

test("less than one request a second: one at once, and the next when its time has come", () => {
  const { clock, ask } = setUp(0.1)
  assert.deepEqual([ask(), ask()], ["0,10", "refused 10,10"])
  clock.now += 4_000
  assert.equal(ask(), "refused 6,6")
  clock.now += 6_000
  assert.equal(ask(), "0,10")
})

test("0 is no limit, and says nothing", () => {
  const { take } = setUp(0)
  for (let count = 0; count < 1_000; count++) assert.deepEqual(take("a"), {})
})

test("ten thousand keys are remembered, those that asked last", () => {
  const { ask } = setUp(1)
  assert.equal(ask("first"), "0,1")
  assert.equal(ask("second"), "0,1")
  for (let count = 0; count < 9_998; count++) ask(`key ${count}`)
  assert.equal(ask("first"), "refused 1,1")
  ask("one more")
  assert.equal(ask("second"), "0,1", "forgotten")
  assert.equal(ask("first"), "refused 1,1")
})
