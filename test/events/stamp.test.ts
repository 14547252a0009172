import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  formatMillis,
  formatNanos,
  isPlausible,
  parseEpochStamp,
  parseRfc3339,
  parseStamp,
  printStamp,
} from "@ringback/events/stamp"

const SECOND = 1_000_000_000n
// The years 1 to 9999, in which RFC 3339 and Date agree.
const anyTime = fc.bigInt(-62_135_596_800n * SECOND, 253_402_300_799n * SECOND)

test("the module's fraction is a count of nanoseconds, without leading zeros", () => {
  const second = BigInt(Date.parse("2026-11-22T06:27:40Z")) * 1_000_000n
  assert.equal(parseStamp("2026-11-22T06:27:40.28158565Z"), second + 28_158_565n)
  assert.equal(parseStamp("2026-11-22T06:27:40.281585650Z"), second + 281_585_650n)
  assert.equal(parseStamp("2026-11-22T06:27:40.7Z"), second + 7n)
  assert.equal(parseStamp("2026-11-22T06:27:40.0Z"), second)
  assert.equal(parseStamp("2026-11-22T06:27:40.000000007Z"), second + 7n)
  assert.equal(formatNanos(second + 28_158_565n), "2026-11-22T06:27:40.028158565Z")
})

test("the older form is padded microseconds, in UTC", () => {
  const nanos = parseStamp("2015-12-09 19:12:51.053941")!
  assert.equal(formatNanos(nanos), "2015-12-09T19:12:51.053941000Z")
})

test("what is no real time is not guessed at", () => {
  const refused = `
    <unknown>
    (null)
    2026-02-30T00:00:00.1Z
    2026-04-31 00:00:00.000001
    2026-13-01T00:00:00.1Z
    2026-00-01T00:00:00.1Z
    2026-11-22T24:00:00.1Z
    2026-11-22T23:60:00.1Z
    2016-12-31T23:59:60.1Z
    2026-11-22T06:27:40.1234567890Z
    2026-11-22T06:27:40.012Z
    2026-11-22T06:27:40.Z
    2026-11-22T06:27:40.-1Z
    2026-11-22T06:27:40.5
    2026-11-22T06:27:40.5z
    2026-11-22 06:27:40.5
    2026-11-22 06:27:40.5281585650
    2026-11-22T06:27:40.5+01:00
    26-11-22T06:27:40.5Z
    x2026-11-22T06:27:40.5Z
    2026-11-22T06:27:40.5Zx`
  for (const text of ["", ...refused.split("\n").map((line) => line.trim())]) {
    assert.equal(parseStamp(text), undefined, text)
  }
})

test("a leap day is a real day, in a leap year only", () => {
  assert.notEqual(parseStamp("2024-02-29T00:00:00.1Z"), undefined)
  assert.equal(parseStamp("2023-02-29T00:00:00.1Z"), undefined)
  assert.notEqual(parseStamp("2000-02-29T00:00:00.1Z"), undefined)
  assert.equal(parseStamp("1900-02-29T00:00:00.1Z"), undefined)
})

test("property: what the module prints is read back, and time keeps its order", () => {
  fc.assert(
    fc.property(anyTime, anyTime, (left, right) => {
      const [one, other] = [printStamp(left), printStamp(right)]
      assert.equal(parseStamp(one), left)
      assert.equal(parseStamp(one)! < parseStamp(other)!, left < right)
      // Nine digits everywhere: the webhook's own texts sort as times do.
      assert.equal(formatNanos(left) < formatNanos(right), left < right)
      assert.equal(parseRfc3339(formatNanos(left)), left)
    }),
  )
})

test("as text or as decimals the module's stamps would be out of order", () => {
  const earlier = "2026-11-22T06:27:40.9999999Z"
  const later = "2026-11-22T06:27:40.10000000Z"
  assert.ok(earlier > later)
  assert.ok(parseStamp(earlier)! < parseStamp(later)!)
})

test("the PBX's Timestamp header keeps its microseconds", () => {
  const nanos = parseEpochStamp("1795329003.920743")!
  assert.equal(nanos, 1_795_329_003_920_743_000n)
  assert.equal(formatNanos(nanos), "2026-11-22T06:30:03.920743000Z")
  for (const text of ["", "1795329003", "1795329003.92", "1795329003.9207431", "-1.000000", "x"]) {
    assert.equal(parseEpochStamp(text), undefined, text)
  }
})

test("a collector's clock is written with nine digits too, so that all times sort as text", () => {
  assert.equal(formatMillis(1_477_267_289_731), "2016-10-24T00:01:29.731000000Z")
})

test("RFC 3339 is read with any fraction and offset", () => {
  const nanos = parseStamp("2016-10-24T00:01:29.706507679Z")!
  assert.equal(parseRfc3339("2016-10-24T00:01:29.706507679Z"), nanos)
  assert.equal(parseRfc3339("2016-10-24t02:01:29.7065076799+02:00"), nanos)
  assert.equal(parseRfc3339("2016-10-23T19:31:29.706507679-04:30"), nanos)
  assert.equal(
    formatNanos(parseRfc3339("2016-10-24T00:01:29.5Z")!),
    "2016-10-24T00:01:29.500000000Z",
  )
  assert.equal(formatNanos(parseRfc3339("2016-10-24T00:01:29Z")!), "2016-10-24T00:01:29.000000000Z")
  for (const text of [
    "2016-10-24",
    "2016-10-24T00:01:29",
    "2016-10-24 00:01:29Z",
    "2016-10-24T00:01:29+24:00",
    "2016-10-24T00:01:29+0200",
    "2016-02-30T00:01:29Z",
    "1477267289731",
  ]) {
    assert.equal(parseRfc3339(text), undefined, text)
  }
})

test("clocks that are plainly wrong are known by their century", () => {
  assert.equal(isPlausible(parseRfc3339("1999-12-31T23:59:59.999999999Z")!), false)
  assert.equal(isPlausible(parseRfc3339("2000-01-01T00:00:00Z")!), true)
  assert.equal(isPlausible(parseRfc3339("2099-12-31T23:59:59.999999999Z")!), true)
  assert.equal(isPlausible(parseRfc3339("2100-01-01T00:00:00Z")!), false)
})
