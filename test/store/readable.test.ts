import { ITEM_VERSION, readItem, readItems, UnreadableItem } from "@ringback/store/readable"
import { wellFormed } from "@ringback/store/well-formed"
import assert from "node:assert/strict"
import { test } from "node:test"

const parse = (item: Record<string, unknown>) => {
  if (item["name"] === undefined) throw new Error("it has no name")
  return item["name"]
}
const itemOf = (rest: object) => ({ pk: "T#ten_a", sk: "EP#ep_a", ...rest })

test("items of this version, of the next one and of the time before versions are read, and no later ones", () => {
  for (const v of [undefined, ITEM_VERSION, ITEM_VERSION + 1])
    assert.equal(readItem(itemOf({ v, name: "one" }), parse), "one")
  assert.throws(
    () => readItem(itemOf({ v: ITEM_VERSION + 2, name: "one" }), parse),
    (error) =>
      error instanceof UnreadableItem &&
      error.message === "T#ten_a|EP#ep_a cannot be read" &&
      (error.cause as Error).message === "it is of version 3",
  )
})

test("an item that cannot be parsed is reported by its key, and the others are read", () => {
  const reported: unknown[] = []
  const onUnreadable = (key: object, error: unknown) => reported.push([key, error])
  const items = [itemOf({ name: "one" }), itemOf({ v: 9 }), itemOf({ name: "two" }), itemOf({})]
  assert.deepEqual(readItems({ onUnreadable }, items, parse), ["one", "two"])
  const key = { pk: "T#ten_a", sk: "EP#ep_a" }
  assert.deepEqual(
    reported.map((each) => (each as [object, UnreadableItem])[0]),
    [key, key],
  )
  for (const each of reported) assert.ok((each as unknown[])[1] instanceof UnreadableItem)
  assert.deepEqual(readItems({}, items, parse), ["one", "two"])
})

test("a value without lone surrogates is the same object, and one with some has U+FFFD instead, at any depth", () => {
  const well = { name: "\u{1f600}", list: [1, null, { of: "texts" }], bytes: new Uint8Array([1]) }
  assert.equal(wellFormed(well), well)
  const bytes = new Uint8Array([1])
  const set = new Set(["a"])
  assert.deepEqual(wellFormed({ "a\ud800": [{ b: "\udc00" }, 1], bytes, set, none: undefined }), {
    "a\ufffd": [{ b: "\ufffd" }, 1],
    bytes,
    set,
    none: undefined,
  })
  assert.equal(wellFormed("\ud800"), "\ufffd")
})
