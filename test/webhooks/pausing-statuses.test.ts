import assert from "node:assert/strict"
import { test } from "node:test"
import { outcomeOf } from "@ringback/webhooks/attempt-outcome"
import { pauseAfter, RETRY_AFTER_STATUSES } from "@ringback/webhooks/pausing-statuses"

const answerOf = (statusCode: number, retryAfter?: string) =>
  outcomeOf({ statusCode, durationMs: 1, bodyStart: Buffer.alloc(0), retryAfter }, 0)

test("an endpoint that says it is too much is paused, for as long as it asks but a minute at most", () => {
  for (const statusCode of [429, 502, 504])
    assert.equal(pauseAfter(answerOf(statusCode)), 5_000, String(statusCode))
  for (const statusCode of [200, 410, 423, 500, 503])
    assert.equal(pauseAfter(answerOf(statusCode)), undefined, String(statusCode))
  for (const statusCode of [429, 503]) {
    assert.equal(pauseAfter(answerOf(statusCode, "7")), 7_000)
    assert.equal(pauseAfter(answerOf(statusCode, "3600")), 60_000)
  }
  assert.equal(pauseAfter({ statusCode: null, retryAfterMs: null }), undefined)
})

test("Retry-After is obeyed on 429 and 503 alone", () => {
  assert.deepEqual(RETRY_AFTER_STATUSES, [429, 503])
  for (const statusCode of [301, 413, 500, 502, 504])
    assert.equal(answerOf(statusCode, "7").retryAfterMs, null, String(statusCode))
})
