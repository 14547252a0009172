import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { readLines, writeLines } from "@ringback/functions/portal/pages/lines"

/** A text as a browser sends what a textarea held. */
const sent = (text: string) => text.replaceAll(/\r\n?|\n/g, "\r\n")

test("whatever entries have, the lines that a form shows of them are read as the same", () => {
  const hard = ['"', ":", " ", "\\", "\n", "\r", "a", "{", "\u0085", "\u00A0", "\u2028", "\uFEFF"]
  const unit = fc.constantFrom(...hard)
  const odd = fc.string({ unit })
  const text = fc.oneof(odd, fc.string({ unit: "binary" }))
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text)), (entries) => {
      const record: Record<string, string> = Object.fromEntries(entries)
      assert.deepEqual(readLines(sent(writeLines(record).trim())), record)
    }),
    { numRuns: 2_000 },
  )
})

test("ordinary entries are written plainly, and quotes of a value stay", () => {
  const record = { "x-a": "b: c", "If-Match": '"abc"', empty: "" }
  assert.equal(writeLines(record), 'x-a: b: c\nIf-Match: "abc"\nempty: ')
  assert.deepEqual(readLines('If-Match: "abc"'), { "If-Match": '"abc"' })
  assert.equal(writeLines({ "crm:account": "1", note: "a\nb" }), '"crm:account": 1\nnote: "a\\nb"')
})

test("lines as people write them: spaces around, blank lines, no value, a colon in it", () => {
  const text = '  a :  b  \r\n\r\nc\r\nd:e:f\r\n"half: g\r\nh: "half'
  assert.deepEqual(readLines(text), { a: "b", c: "", d: "e:f", '"half': "g", h: '"half' })
})
