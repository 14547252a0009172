import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { AmiMessage } from "@ringback/ami/message"
import { AmiParser } from "@ringback/ami/parser"
import { readNaively, readRecordings, type Reading } from "./recordings.ts"

const SEED = 20_261_122
const CHUNKINGS = 300

for (const { name, bytes } of readRecordings()) {
  const expected = readNaively(bytes)

  test(`${name}: the exact messages of an independent reading, read whole`, () => {
    assert.deepEqual(readIn([bytes]), expected)
  })

  test(`${name}: the same byte by byte`, () => {
    assert.deepEqual(readIn(cut(bytes, everyByte(bytes.length))), expected)
  })

  test(`${name}: the same in ${CHUNKINGS} random chunkings`, () => {
    const cuts = fc.oneof(
      fc.array(fc.nat(bytes.length), { maxLength: 40 }),
      // Densely cut around one place: inside CRLFs, UTF-8 sequences and empty lines.
      fc
        .nat(bytes.length)
        .chain((at) => fc.array(fc.nat(60).map((step) => Math.min(at + step, bytes.length)))),
      fc
        .integer({ min: 100, max: 1_500 })
        .map((size) => everyByte(Math.floor(bytes.length / size)).map((count) => count * size)),
    )
    const isSame = (places: number[]) => isEqual(readIn(cut(bytes, places)), expected)
    fc.assert(fc.property(cuts, isSame), { seed: SEED, numRuns: CHUNKINGS })
  })
}

test("the recordings are all there, and hold what is said of them", () => {
  const recordings = readRecordings()
  assert.equal(recordings.length, 33)
  const countOf = (file: string) => {
    const { messages } = readNaively(
      recordings.find(({ name }) => name === file)?.bytes ?? Buffer.alloc(0),
    )
    return messages.filter(([first]) => first?.[0] === "Event" && first[1].startsWith("Out")).length
  }
  assert.equal(countOf("00-documented-examples.bin"), 15)
  assert.equal(countOf("41-two-sessions-a.bin"), 844)
  assert.equal(countOf("41-two-sessions-b.bin"), 844)
})

/** Every second message's headers are read at once, from the parser's positions; the others later, from the text. */
function readIn(chunks: Buffer[]): Reading {
  const parser = new AmiParser()
  const messages: AmiMessage[] = []
  for (const chunk of chunks)
    parser.read(chunk, (message) => {
      if (messages.push(message) % 2 === 0) void message.headers
    })
  return { banner: parser.banner ?? null, messages: messages.map((message) => message.headers) }
}

function cut(bytes: Buffer, places: number[]): Buffer[] {
  const sorted = [0, ...places.toSorted((a, b) => a - b), bytes.length]
  return sorted.slice(1).map((place, index) => bytes.subarray(sorted[index], place))
}

// As deepEqual, but hundreds of times over 30,000 headers.
function isEqual(left: Reading, right: Reading): boolean {
  const isSamePair = (a: [string, string] | undefined, b: [string, string]) =>
    a?.[0] === b[0] && a[1] === b[1]
  return (
    left.banner === right.banner &&
    left.messages.length === right.messages.length &&
    left.messages.every((headers, index) => {
      const others = right.messages[index]
      return (
        headers.length === others?.length &&
        headers.every((pair, at) => isSamePair(others[at], pair))
      )
    })
  )
}

function everyByte(length: number): number[] {
  return Array.from({ length }, (_, at) => at)
}
