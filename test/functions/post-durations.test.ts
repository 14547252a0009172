import assert from "node:assert/strict"
import { test } from "node:test"
import { makePostDurations } from "@ringback/functions/endpoint/post-durations"

test("the mean follows what POSTs take, and the short one stays where a few take longer", () => {
  const { note, meanMs, shortMs } = makePostDurations()
  assert.equal(meanMs("ep_a"), undefined)
  assert.equal(shortMs("ep_a"), undefined)
  note("ep_a", 100)
  note("ep_a", 10)
  assert.equal(meanMs("ep_a"), 73)
  assert.equal(shortMs("ep_a"), 10)
  for (let index = 0; index < 10; index++) note("ep_a", 60)
  assert.ok(meanMs("ep_a")! < 61)
  assert.ok(shortMs("ep_a")! < 20)
  assert.equal(meanMs("ep_b"), undefined)
})

test("an endpoint that has become slower is noticed after some hundred POSTs", () => {
  const { note, shortMs } = makePostDurations()
  note("ep_a", 10)
  for (let index = 0; index < 300; index++) note("ep_a", 100)
  assert.ok(shortMs("ep_a")! > 99)
  note("ep_a", 12)
  assert.equal(shortMs("ep_a"), 12)
})

test("of many endpoints the one that was sent to longest ago is forgotten", () => {
  const { note, meanMs } = makePostDurations(2)
  note("ep_a", 1)
  note("ep_b", 1)
  note("ep_a", 1)
  note("ep_c", 1)
  assert.equal(meanMs("ep_a"), 1)
  assert.equal(meanMs("ep_b"), undefined)
  assert.equal(meanMs("ep_c"), 1)
})
