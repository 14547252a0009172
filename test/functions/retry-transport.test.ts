import assert from "node:assert/strict"
import { test } from "node:test"
import { messageTimeOf, plan } from "@ringback/functions/messages/retry-transport"
import type { Delivery } from "@ringback/store/delivery"

const MINUTE = 60_000
const now = Date.parse("2026-11-22T12:00:00Z")
const pending = (due: { at: number; nextAt: number }, rest: Partial<Delivery> = {}) =>
  ({ status: "pending", dueAt: due.at, nextAt: due.nextAt, ...rest }) as Delivery

test("what is tried again within 15 minutes is carried by a message, and released 15 minutes after it", () => {
  for (const afterMs of [-MINUTE, 0, 5_000, 15 * MINUTE]) {
    const nextAt = now + afterMs
    const due = { at: nextAt + 15 * MINUTE, nextAt }
    assert.deepEqual(plan(nextAt, now), { due, isByMessage: true })
    assert.equal(messageTimeOf(pending(due), now), nextAt)
  }
})

test("what is tried again later is carried by release", () => {
  const nextAt = now + 15 * MINUTE + 1
  const { due, isByMessage } = plan(nextAt, now)
  assert.deepEqual([due, isByMessage], [{ at: nextAt, nextAt }, false])
  assert.equal(messageTimeOf(pending(due), now), undefined)
  // By the time that it is due it is still release's.
  assert.equal(messageTimeOf(pending(due), nextAt), undefined)
})

test("what is decided, or planned for another time, is carried by no message", () => {
  const { due } = plan(now, now)
  assert.equal(messageTimeOf(pending(due, { status: "held" }), now), undefined)
  assert.equal(messageTimeOf({ ...pending(due), nextAt: undefined }, now), undefined)
  const far = plan(now + 10 * MINUTE, now).due
  assert.equal(messageTimeOf(pending(far), now - 10 * MINUTE), undefined)
})
