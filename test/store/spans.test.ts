import assert from "node:assert/strict"
import { describe, test } from "node:test"
import fc from "fast-check"
import { cutSpans, extendSpans, isUnclear, uncovered, type Span } from "@ringback/store/spans"

describe("when a collector read its PBX", () => {
  test("is one span as long as its session has no break", () => {
    const spans = [10, 40, 70].reduce((all, at) => extendSpans(all, 5, at), [] as Span[])
    assert.deepEqual(spans, [[5, 70, 0]])
  })

  test("is cut by a gap that it reports, up to the very times, whichever is heard first", () => {
    const before = extendSpans([], 0, 100)
    const after: Span[] = [
      [0, 117, 0],
      [130, 150, 0],
    ]
    assert.deepEqual(cutSpans(extendSpans(before, 130, 150), 117, 130), after)
    assert.deepEqual(extendSpans(cutSpans(before, 117, 130), 130, 150), after)
    assert.equal(isUnclear(120, 140, extendSpans(before, 130, 150)), true)
    assert.equal(isUnclear(120, 140, after), false)
  })

  test("is unclear only where a break that is not explained yet may lie within it", () => {
    const spans: Span[] = [
      [0, 100, 0],
      [130, 200, 1],
    ]
    assert.equal(isUnclear(90, 110, spans), true)
    assert.equal(isUnclear(120, 140, spans), true)
    assert.equal(isUnclear(101, 129, spans), true)
    assert.equal(isUnclear(50, 100, spans), false, "before the break")
    assert.equal(isUnclear(130, 140, spans), false, "behind it")
    assert.equal(isUnclear(50, 100, [[130, 200, 1]]), true, "nobody knows what was before")
  })

  test("is kept for the last forty breaks, and begins at its session where nothing was known", () => {
    let spans: Span[] = []
    for (let at = 0; at < 50; at++) spans = extendSpans(spans, at * 10, at * 10 + 5)
    assert.equal(spans.length, 40)
    assert.deepEqual(spans.at(-1), [490, 495, 1])
    assert.equal(cutSpans(spans, 492, 493).length, 40)
    assert.deepEqual(cutSpans([], 10, 20), [[20, 20, 0]])
    assert.deepEqual(cutSpans([[0, 15, 1]], 10, 20), [
      [0, 10, 1],
      [20, 20, 0],
    ])
    assert.deepEqual(extendSpans([[0, 100, 1]], 50, 80), [[0, 100, 1]])
  })

  test("is not read on by a heartbeat from before a gap within one session", () => {
    const cut = cutSpans([[0, 100, 0]], 40, 60)
    assert.deepEqual(cut, [
      [0, 40, 0],
      [60, 100, 0],
    ])
    assert.deepEqual(extendSpans(cut, 0, 120), [
      [0, 40, 0],
      [60, 120, 0],
    ])
  })
})

test("what no collector read is what is left of a while, exact at every millisecond", () => {
  const span = fc
    .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 20 }))
    .map(([from, length]): Span => [from, from + length, 0])
  fc.assert(
    fc.property(
      fc.array(span, { maxLength: 6 }),
      fc.integer({ min: 0, max: 50 }),
      (spans, from) => {
        const to = from + 25
        const left = uncovered(from, to, spans)
        for (let at = from; at < to; at++) {
          const isCovered = spans.some(([start, end]) => start <= at && at < end)
          const isLeft = left.some(([start, end]) => start <= at && at < end)
          assert.equal(isLeft, !isCovered, `at ${at}`)
        }
      },
    ),
    { seed: 20261122 },
  )
})
