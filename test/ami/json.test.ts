import assert from "node:assert/strict"
import { test } from "node:test"
import { jsonBound, writeJson } from "@ringback/ami/json"
import { type AmiMessage, findValue, header, isSecondNamed } from "@ringback/ami/message"
import { AmiParser } from "@ringback/ami/parser"
import fc from "fast-check"

const read = (text: string) => new AmiParser().push(Buffer.from(`Event: X\r\n${text}\r\n\r\n`))[0]!

/** What was written between two fences; undefined where nothing was. */
function write(message: AmiMessage): string | undefined {
  const bound = jsonBound(message)
  if (bound === undefined) return undefined
  const bytes = Buffer.alloc(bound + 10, "#")
  const end = writeJson(message, bytes, 5)
  assert.equal(bytes.toString("latin1", 0, 5) + bytes.toString("latin1", 5 + bound), "##########")
  return end === 0 ? undefined : bytes.toString("latin1", 5, end)
}

const units = [
  "a",
  "B",
  " ",
  ":",
  ": ",
  "=",
  '"',
  "\\",
  "\t",
  "\x01",
  "\x7f",
  "\r",
  "\r\n",
  "\n",
  "ü",
  "😀",
]
const lines = fc.string({ unit: fc.constantFrom(...units), maxLength: 40 })
const pairs = fc.array(lines, { maxLength: 6 }).map((all) => all.map(withColon).join("\r\n"))
const withColon = (text: string) =>
  text.replaceAll("\n", "").replace(/^[^:]*$/, (name) => `${name}:`)

test("headers are written as JSON.stringify writes them, or not at all", () => {
  fc.assert(
    fc.property(lines, (text) => {
      const message = read(text)
      const json = write(message)
      if (json !== undefined) assert.equal(json, JSON.stringify(message.headers))
    }),
    { numRuns: 2_000 },
  )
})

test("what an ordinary event is made of is written", () => {
  const message = read("A: 1\r\nB:2\nC:\r\n: d\r\nE:  two: spaces \r\nVariable: x=y")
  assert.equal(write(message), JSON.stringify(message.headers))
})

test("what JSON has to escape is left to JSON.stringify, and so is what is very long", () => {
  for (const odd of ['"', "\\", "\t", "\x00", "\x7f", "\r", "ü"]) {
    assert.equal(write(read(`A: ${odd}1`)), undefined)
    assert.equal(write(read(`${odd}A: 1`)), undefined)
  }
  assert.equal(write(read("no colon")), undefined)
  assert.equal(write(read(`A: ${"x".repeat(70_000)}`)), undefined)
})

test("a header that is looked for in the text is the one among the headers", () => {
  fc.assert(
    fc.property(pairs, fc.constantFrom("a", "B", "aB", "a a"), (text, name) => {
      const { headers } = read(text)
      const found = headers.slice(1).find(([each]) => each === name)?.[1]
      assert.equal(findValue(read(text), name), found)
      assert.equal(isSecondNamed(read(text), name), headers[1]?.[0] === name)
    }),
    { numRuns: 2_000 },
  )
})

test("a value that is looked for begins behind one space, and ends before its line does", () => {
  const message = read("A: 1\r\nB:2\nC:  3 \r\nD:\r\nAA: x")
  const found = ["A", "B", "C", "D", "AA", "Event", "a"].map((name) => findValue(message, name))
  assert.deepEqual(found, ["1", "2", " 3 ", "", "x", undefined, undefined])
  assert.deepEqual([isSecondNamed(message, "A"), isSecondNamed(message, "B")], [true, false])
})

test("headers are the same whether they are cut at once or later", () => {
  fc.assert(
    fc.property(lines, (text) => {
      const atOnce: unknown[] = []
      const later: AmiMessage[] = []
      const bytes = Buffer.from(`Event: X\r\n${text}\r\n\r\nEvent: Y\r\n\r\n`)
      new AmiParser().read(bytes, (message) => void atOnce.push(message.headers))
      new AmiParser().read(bytes, (message) => void later.push(message))
      const laterHeaders = later.map(({ headers }) => headers)
      assert.deepEqual(laterHeaders, atOnce)
    }),
  )
})

test("a message's headers are the same ones however often they are asked for", () => {
  const message = read("A: 1")
  assert.equal(message.headers, message.headers)
  assert.equal(header(message, "a"), "1")
})
