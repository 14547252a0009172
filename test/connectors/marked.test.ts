import assert from "node:assert/strict"
import { test } from "node:test"
import { isMarked, markerOf } from "@ringback/connectors/words"

test("a text is marked by a call whose whole Uuid it names", () => {
  const call = { uuid: "call 5" }
  const marker = markerOf(call)
  for (const text of [marker, `Notes\n${marker}\nmore`, `<p>${marker}</p>`, `${marker}0 ${marker}`])
    assert.ok(isMarked(text, call), text)
  for (const text of ["", "call 5", `${marker}0`, `<p>${marker}-a</p>`])
    assert.ok(!isMarked(text, call), text)
})
