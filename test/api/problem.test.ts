import assert from "node:assert/strict"
import { test } from "node:test"
import { pointer } from "@ringback/functions/api/problem"

test("the place of a wrong field is a JSON Pointer, whatever the field is called", () => {
  assert.equal(pointer([]), "")
  assert.equal(pointer(["filter", "data.status", "0"]), "/filter/data.status/0")
  assert.equal(pointer(["a/b~c", "~1"]), "/a~1b~0c/~01")
})
