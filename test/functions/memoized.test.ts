import assert from "node:assert/strict"
import { test } from "node:test"
import { memoized } from "@ringback/functions/runtime/memoized"

test("a value is made once, and again after it could not be made", async () => {
  let [made, isDown] = [0, true]
  const value = memoized(async () => {
    made++
    await Promise.resolve()
    if (isDown) throw new Error("the key service refused")
    return { made }
  })
  const both = await Promise.allSettled([value(), value()])
  assert.deepEqual(
    both.map(({ status }) => status),
    ["rejected", "rejected"],
  )
  assert.equal(made, 1, "one attempt for all who wait")
  isDown = false
  const [one, other] = await Promise.all([value(), value()])
  assert.equal(one, other)
  assert.equal(await value(), one)
  assert.equal(made, 2)
})
