import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  decodeBase32,
  encodeBase32,
  HASH_BYTES,
  isId,
  makeEventId,
  makeId,
  parseEventId,
} from "@ringback/events/ids"

const MAX_UINT64 = (1n << 64n) - 1n
const hash = fc.uint8Array({ minLength: HASH_BYTES, maxLength: HASH_BYTES })

test("property: base32 gives the bytes back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      assert.deepEqual(decodeBase32(encodeBase32(bytes)), Buffer.from(bytes))
    }),
  )
})

test("property: base32 of equally many bytes sorts as the bytes do", () => {
  fc.assert(
    fc.property(hash, hash, (left, right) => {
      const byBytes = Math.sign(Buffer.compare(left, right))
      const [a, b] = [encodeBase32(left), encodeBase32(right)]
      assert.equal(a < b ? -1 : a > b ? 1 : 0, byBytes)
    }),
  )
})

test("base32 has one text for each thing: other spellings are refused", () => {
  assert.equal(encodeBase32(Buffer.of(0xff)), "zw")
  for (const text of ["zz", "ZW", "z", "z!", "zw0", "lu", "zw "]) {
    assert.equal(decodeBase32(text), undefined, text)
  }
})

test("ids say what they are of, and sort by when they were made", () => {
  const ids = [0, 1, 1_795_329_003_920, 1_795_329_003_921, 99_999_999_999_999].map((now) =>
    makeId("ep", now),
  )
  assert.deepEqual(ids.toSorted(), ids)
  for (const id of ids) {
    assert.match(id, /^ep_[0-9a-z]{26}$/)
    assert.equal(isId("ep", id), true)
    assert.equal(isId("src", id), false)
  }
  assert.notEqual(makeId("ep", 1), makeId("ep", 1))
  for (const text of ["", "ep_", "ep", `${ids[0]}0`, ids[0]!.toUpperCase(), ` ${ids[0]}`]) {
    assert.equal(isId("ep", text), false, text)
  }
})

test("property: an event's id gives its key back, and sorts by time", () => {
  const time = fc.bigInt(0n, MAX_UINT64)
  fc.assert(
    fc.property(time, time, hash, hash, (left, right, one, other) => {
      const [a, b] = [makeEventId(left, one), makeEventId(right, other)]
      assert.deepEqual(parseEventId(a), { timeNanos: left, hash: Buffer.from(one) })
      if (left !== right) assert.equal(a < b, left < right)
    }),
  )
})

test("what is no event id is none", () => {
  const id = makeEventId(1n, Buffer.alloc(HASH_BYTES))
  for (const text of [
    "",
    "evt_",
    id.slice(0, -1),
    `${id}0`,
    id.replace("evt_", "dlv_"),
    `evt_${"u".repeat(32)}`,
  ]) {
    assert.equal(parseEventId(text), undefined, text)
  }
})

test("property: no text whatever breaks the reading of an event id", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      assert.equal(parseEventId(`evt_${text}`) === undefined, decodeBase32(text)?.length !== 20)
    }),
  )
})
