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
