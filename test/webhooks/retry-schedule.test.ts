import { retryAfterMs } from "@ringback/webhooks/retry-after"
import { isSoon, MAX_ATTEMPTS, nextDelayMs } from "@ringback/webhooks/retry-schedule"
import fc from "fast-check"
import assert from "node:assert/strict"
import { test } from "node:test"

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const inTheMiddle = () => 0.5

test("ten attempts over 75 hours and 35 minutes, as the standard's example", () => {
  const delays: number[] = []
  for (let attempts = 1; ; attempts++) {
    const delayMs = nextDelayMs(attempts, inTheMiddle)
    if (delayMs === undefined) break
    delays.push(delayMs)
  }
  assert.equal(delays.length + 1, MAX_ATTEMPTS)
  assert.equal(MAX_ATTEMPTS, 10)
  const hours = [2, 5, 10, 14, 20, 24].map((count) => count * HOUR)
  assert.deepEqual(delays, [5 * SECOND, 5 * MINUTE, 30 * MINUTE, ...hours])
  const total = delays.reduce((sum, delay) => sum + delay, 0)
  assert.equal(total, 75 * HOUR + 35 * MINUTE + 5 * SECOND)
})

test("each delay is spread over 20 % to either side", () => {
  for (let attempts = 1; attempts < MAX_ATTEMPTS; attempts++) {
    const middle = nextDelayMs(attempts, inTheMiddle)!
    assert.equal(
      nextDelayMs(attempts, () => 0),
      middle * 0.8,
    )
    assert.ok(nextDelayMs(attempts, () => 1 - Number.EPSILON)! <= middle * 1.2)
  }
  const drawn = Array.from({ length: 1_000 }, () => nextDelayMs(3, Math.random)!)
  const isIn = (from: number, to: number) => (delay: number) =>
    delay >= from * MINUTE && delay < to * MINUTE
  for (const [from, to] of [
    [24, 27],
    [27, 30],
    [30, 33],
    [33, 36],
  ] as const)
    // prettier-ignore
    assert.ok(drawn.filter(isIn(from, to)).length > 150, `between ${from} and ${to} minutes`)
  assert.ok(drawn.every(isIn(24, 36.01)))
})

test("a Retry-After lengthens a delay and never shortens it", () => {
  assert.equal(nextDelayMs(1, inTheMiddle, 3 * HOUR), 3 * HOUR)
  assert.equal(nextDelayMs(9, inTheMiddle, 3 * HOUR), 24 * HOUR)
  assert.equal(nextDelayMs(1, inTheMiddle, null), 5 * SECOND)
  assert.equal(nextDelayMs(10, inTheMiddle, 3 * HOUR), undefined)
})

test("the 5 s and the 5 min retry go by a delayed message, whatever the jitter, and no later one", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (drawn) => {
      const isSoonAfter = (attempts: number) => isSoon(nextDelayMs(attempts, () => drawn)!)
      assert.ok(isSoonAfter(1) && isSoonAfter(2))
      for (let attempts = 3; attempts < MAX_ATTEMPTS; attempts++) assert.ok(!isSoonAfter(attempts))
    }),
  )
  assert.ok(isSoon(900 * SECOND))
  assert.ok(!isSoon(900 * SECOND + 1))
})

test("Retry-After is read in seconds and as each of HTTP's dates, up to 24 h", () => {
  const now = Date.UTC(1994, 10, 6, 8, 49, 0)
  const cases: [string | undefined, number | null][] = [
    ["120", 120 * SECOND],
    [" 120 ", 120 * SECOND],
    ["0", 0],
    ["86400", 24 * HOUR],
    ["86401", 24 * HOUR],
    ["9".repeat(400), 24 * HOUR],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 37 * SECOND],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 37 * SECOND],
    ["Sun Nov  6 08:49:37 1994", 37 * SECOND],
    ["Sun, 06 Nov 1994 08:00:00 GMT", 0],
    ["Tue, 08 Nov 2094 08:49:37 GMT", 24 * HOUR],
    ["-5", null],
    ["90.5", 91 * SECOND],
    ["90.", 90 * SECOND],
    ["0.001", SECOND],
    [".5", null],
    ["1.5.2", null],
    ["soon", null],
    ["Sunday", null],
    ["Mon, 99 Nov 1994", null],
    ["1e3", null],
    ["0x10", null],
    ["", null],
    [undefined, null],
  ]
  for (const [header, expected] of cases)
    assert.equal(retryAfterMs(header, now), expected, JSON.stringify(header))
})

test("a Retry-After of more than 31 years is a Unix time, in seconds or in milliseconds", () => {
  const now = Date.UTC(2026, 10, 26, 12)
  const inSeconds = now / SECOND
  const cases: [string, number][] = [
    [`${inSeconds + 90}`, 90 * SECOND],
    [`${inSeconds + 90.25}`, 90.25 * SECOND],
    [`${now + 90_500}`, 90_500],
    [`${inSeconds - 90}`, 0],
    [`${inSeconds + 48 * 3_600}`, 24 * HOUR],
    ["1000000000", 24 * HOUR],
  ]
  for (const [header, expected] of cases) assert.equal(retryAfterMs(header, now), expected, header)
})
