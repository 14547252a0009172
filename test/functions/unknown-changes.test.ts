import assert from "node:assert/strict"
import { test } from "node:test"
import { makeChanges } from "@ringback/functions/runtime/changes"

const SECOND = 1000
const MINUTE = 60 * SECOND

test("where nobody can say what was changed, nothing stands", async () => {
  const start = 10 * 3600 * SECOND
  let now = start
  let isDown = true
  const changes = makeChanges(
    () => now,
    async () => {
      if (isDown) throw new Error("down")
      return [{ tenant: "ten_a", at: start }]
    },
    10_000,
  )
  assert.equal(await changes.isCurrent("ten_b", now - 10 * SECOND), false)
  isDown = false
  assert.equal(await changes.isCurrent("ten_b", now - 10 * SECOND), true)
  // It may have been made a while after it was announced.
  assert.equal(await changes.isCurrent("ten_a", now - 10 * SECOND), false)
  now += 3 * MINUTE
  assert.equal(await changes.isCurrent("ten_a", start + MINUTE), false)
  assert.equal(await changes.isCurrent("ten_a", start + MINUTE + 1), true)
  // Of what was announced long before this process asked, nothing is known.
  assert.equal(await changes.isCurrent("ten_b", start - 3600 * SECOND), false)
  isDown = true
  now += 10 * SECOND
  assert.equal(await changes.isCurrent("ten_b", now - 10 * SECOND), false)
})

test("what was announced by an earlier time is read again where the clock is set back", async () => {
  let now = 10 * 3600 * SECOND
  let isSetBack = false
  const asked: number[] = []
  const announced: { tenant: string; at: number }[] = []
  const changes = makeChanges(
    () => now,
    async (since) => {
      asked.push(since)
      return announced.filter(({ at }) => at >= since)
    },
    10_000,
    () => {
      const was = isSetBack
      isSetBack = false
      return was
    },
  )
  assert.equal(await changes.isCurrent("ten_a", now), true)
  // Back to that time by a step, and as long again has passed since.
  isSetBack = true
  announced.push({ tenant: "ten_a", at: now - 10 * MINUTE })
  const readAt = now - 10 * MINUTE - SECOND
  assert.equal(await changes.isCurrent("ten_a", readAt), false)
  assert.deepEqual(asked, Array(2).fill(now - 31 * MINUTE))
  // Also where the time alone shows it.
  now -= 5 * MINUTE
  announced.push({ tenant: "ten_b", at: now })
  assert.equal(await changes.isCurrent("ten_b", now), false)
})
