import assert from "node:assert/strict"
import { test } from "node:test"
import { endForgotten } from "@ringback/collector/gaps/resync"
import { type Answer, setUp } from "./lists.ts"

test("calls that are asked about are ended where two looks show none of them", async () => {
  const uuids = ["early", "late", "touched", "unknown", "over"]
  const { options, know, said, touched, known } = setUp({
    dialing: [{ early: "1" }, { late: "1" }],
  })
  know("dialing", { early: "1", late: "1", touched: "1", over: "1", "not asked about": "1" })
  touched.add("dialing/touched")
  assert.equal(await endForgotten(options, uuids), 1)
  assert.deepEqual(said(), ["OutDialingDelete over"])
  assert.ok(!known.of("dialing").has("over") && known.of("dialing").has("not asked about"))
})

test("calls that are all there still, or whose list cannot be had, are asked about once", async () => {
  for (const answers of [[{ a: "1", b: "1" }], [null]] as Answer[][]) {
    const { options, know, asked } = setUp({ dialing: answers })
    know("dialing", { a: "1", b: "1" })
    assert.equal(await endForgotten(options, ["a", "b"]), 0)
    assert.equal(asked.length, 1)
  }
  const { options, know, said } = setUp({ dialing: [{}, null] })
  know("dialing", { a: "1" })
  assert.equal(await endForgotten(options, ["a"]), 0)
  assert.deepEqual(said(), [])
})

test("a call that there was no room to end is not counted, and may be ended later", async () => {
  const { options, know, state, known } = setUp({ dialing: [{}] })
  know("dialing", { a: "1" })
  state.hasRoom = false
  assert.equal(await endForgotten(options, ["a"]), 0)
  assert.ok(known.of("dialing").has("a"))
  state.hasRoom = true
  assert.equal(await endForgotten(options, ["a"]), 1)
})
