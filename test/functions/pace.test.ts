import assert from "node:assert/strict"
import { test } from "node:test"
import { MAX_PER_SECOND, waitBeforeMore } from "@ringback/functions/release/pace"

test("release sends a quarter of a second's worth at once, and no more than its share of the pace after it", () => {
  for (const groups of [1, 8]) {
    const share = MAX_PER_SECOND / groups
    let elapsedMs = 0
    let sent = 0
    for (; sent < 30 * share; sent += 10) {
      const waitMs = waitBeforeMore(sent, elapsedMs, groups)
      if (sent <= share / 4) assert.equal(waitMs, 0)
      elapsedMs += waitMs
    }
    assert.ok(Math.abs(elapsedMs - 29_750) < 100, `${elapsedMs} ms for ${sent}`)
  }
})

test("release does not wait where its requests take longer than its pace", () => {
  assert.equal(waitBeforeMore(1_000, 60_000, 8), 0)
})

test("1,000,000 deliveries that are due at once are released within ten runs of 45 s", () => {
  assert.ok(MAX_PER_SECOND * 45 * 10 >= 1_000_000)
})
