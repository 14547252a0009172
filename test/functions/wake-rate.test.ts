import assert from "node:assert/strict"
import { test } from "node:test"
import { answersOf, MAX_RATE, nextRate } from "@ringback/functions/jobs/wake-rate"
import type * as Delivery from "@ringback/store/delivery"

test("the rate doubles, halves and stays within its bounds", () => {
  assert.equal(nextRate(null, undefined), 5)
  assert.equal(nextRate(2, undefined), 2)
  assert.equal(nextRate(null, { rate: 5, answers: "good" }), 10)
  assert.equal(nextRate(12, { rate: 10, answers: "good" }), 12)
  assert.equal(nextRate(null, { rate: MAX_RATE, answers: "good" }), MAX_RATE)
  assert.equal(nextRate(null, { rate: 40, answers: "too much" }), 20)
  assert.equal(nextRate(null, { rate: 1, answers: "too much" }), 1)
  assert.equal(nextRate(0.2, { rate: 0.2, answers: "too much" }), 0.2)
  assert.equal(nextRate(null, { rate: 40, answers: "slow" }), 20)
  // An endpoint that always takes seconds gets five a second, and fewer only if that is its own limit.
  assert.equal(nextRate(null, { rate: 5, answers: "slow" }), 5)
  assert.equal(nextRate(null, { rate: 1, answers: "slow" }), 5)
  assert.equal(nextRate(2, { rate: 2, answers: "slow" }), 2)
  assert.equal(nextRate(null, { rate: 40, answers: "unclear" }), 40)
  // The endpoint's own rate was lowered meanwhile.
  assert.equal(nextRate(10, { rate: 40, answers: "unclear" }), 10)
})

test("a call that a connector skipped is no reason to send more slowly, and one that the CRM refused is", () => {
  const attempt = { id: "att_1", at: 5, durationMs: 0, responseBody: null }
  const skipped = { ...attempt, statusCode: null, error: "skipped: the call's contact has no key" }
  const refused = { ...attempt, statusCode: 503, error: "answered 503" }
  const answers = (status: string, ...attempts: object[]) =>
    answersOf([{ status, attempts } as Delivery.Delivery], { failures: 0 }, 5)
  assert.equal(answers("delivered", skipped), "good")
  assert.equal(answers("delivered", refused, skipped), "too much")
  assert.equal(answers("pending", refused), "too much")
  assert.equal(answers("pending", { ...refused, at: 4 }), "unclear")
})
