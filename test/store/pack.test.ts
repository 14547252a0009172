import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { test } from "node:test"
import {
  boundHeaders,
  fitData,
  fitHeaders,
  packHeaders,
  unpackHeaders,
  type HeaderPair,
} from "@ringback/store/pack"

const textOf = (bytes: number): HeaderPair[] => {
  const pair: HeaderPair = ["Name", ""]
  pair[1] = "x".repeat(bytes - JSON.stringify([pair]).length)
  return [pair]
}
const noise = (bytes: number) =>
  randomBytes(Math.ceil(bytes / 2))
    .toString("hex")
    .slice(0, bytes)

test("up to 512 bytes stay readable; more is packed, and comes back the same", () => {
  const short = textOf(512)
  assert.deepEqual(packHeaders(short), { headers: JSON.stringify(short) })
  const long = textOf(513)
  const stored = packHeaders(long) as { packed: Uint8Array }
  assert.deepEqual(Object.keys(stored), ["packed"])
  assert.equal(stored.packed[0], 1)
  assert.deepEqual(unpackHeaders(stored), long)
  assert.deepEqual(unpackHeaders(packHeaders(short)), short)
  const wide: HeaderPair[] = [["Name", "\u20ac".repeat(200)]]
  assert.ok("packed" in packHeaders(wide), "bytes count, and not characters")
  assert.deepEqual(unpackHeaders(packHeaders(wide)), wide)
})

// Packed by version 1: what lies in tables must stay readable whatever becomes of the dictionary.
const PACKED_BY_VERSION_1 =
  "AaXSKxaAIABE0S05/tDASkwEmtBg/VYC84r5pblnnh/PH7hrKnmJPb0tz5J8Wn3afNp9Onw6fQo+XT7dMJk4wEMAIhARkAhMBCgCFQGLRhdzvA8="

test("what an earlier release packed is read, what a later one packed is refused, and nothing is nothing", () => {
  const bytes = Buffer.from(PACKED_BY_VERSION_1, "base64")
  const expected: HeaderPair[] = [
    ["Event", "OutDialingUpdate"],
    ["Privilege", "message,all"],
    ...Array.from({ length: 20 }, (_, index): HeaderPair => ["Variable", `name${index}=value`]),
    ["TmDelete", "<unknown>"],
  ]
  assert.deepEqual(unpackHeaders({ packed: bytes }), expected)
  bytes[0] = 2
  assert.throws(() => unpackHeaders({ packed: bytes }), /version 2/)
  assert.deepEqual(unpackHeaders({}), [])
})

test("what does not fit an item loses its variables, then what is very long, then its end", () => {
  const event: HeaderPair = ["Event", "OutPlanUpdate"]
  const headers = (...more: HeaderPair[]): HeaderPair[] => [event, ...more]
  const whole = headers(["Variable", `a=${noise(16_000)}`])
  assert.deepEqual(fitHeaders(whole), { stored: packHeaders(whole), truncated: false })
  const variables = Array.from({ length: 60 }, (): HeaderPair => ["Variable", noise(16_000)])
  const name: HeaderPair = ["Name", noise(16_000)]
  const plain = headers(name)
  assert.deepEqual(fitHeaders([event, ...variables, name]), {
    stored: packHeaders(plain),
    truncated: true,
  })
  const size = (header: HeaderPair) => JSON.stringify(header).length
  const longest: HeaderPair = ["A", noise(16 * 1024 - size(["A", ""]))]
  const tooLong: HeaderPair = ["B", noise(16 * 1024 - size(["B", ""]) + 1)]
  assert.equal(size(longest), 16 * 1024)
  const many = Array.from({ length: 60 }, (): HeaderPair => longest.with(1, noise(16_000)) as never)
  const fitted = fitHeaders(headers(tooLong, longest, ...many))
  assert.equal(fitted.truncated, true)
  const kept = unpackHeaders(fitted.stored)
  assert.deepEqual(kept[0], event)
  assert.deepEqual(kept[1], longest)
  assert.ok(kept.every(([header]) => header !== "B"))
  const bytes = kept.reduce((sum, each) => sum + size(each), 0)
  assert.ok(bytes <= 350 * 1024 && bytes + 16_010 > 350 * 1024, `${bytes}`)
})

test("of more than two thousand headers the Variables are left out, then the last ones", () => {
  const header = (index: number): HeaderPair => [`H${index}`, ""]
  const most = Array.from({ length: 2_000 }, (_, index) => header(index))
  assert.equal(boundHeaders(most), most)
  assert.deepEqual(boundHeaders([["Variable", "a=1"], ...most]), most)
  assert.deepEqual(boundHeaders([...most, header(2_000)]), most)
})

test("exactly as much as an item may have is kept", () => {
  // Of one byte fewer than a megabyte of noise hardly anything is saved by packing: the bound is met by trying.
  const sizeOf = (bytes: number) => {
    const stored = packHeaders([["Event", noise(bytes)]]) as { packed: Uint8Array }
    return stored.packed.length
  }
  assert.ok(sizeOf(200_000) < 350 * 1024 && sizeOf(800_000) > 350 * 1024)
  assert.equal(fitHeaders([["Event", noise(200_000)]]).truncated, false)
  assert.equal(fitHeaders([["Event", noise(800_000)]]).truncated, true)
})

test("a text of a call that is cut has no half of a character at its end", () => {
  const name = `${"a".repeat(499)}\u{1f600}${"b".repeat(400_000)}`
  const { text, truncated } = fitData({ name, variables: {} } as { variables: object })
  assert.equal(truncated, true)
  assert.equal((JSON.parse(text) as { name: string }).name, `${"a".repeat(499)}\ufffd`)
})
