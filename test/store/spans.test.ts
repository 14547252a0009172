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

  test("covers a single moment only where it read before and after it", () => {
    const spans: Span[] = [
      [0, 100, 0],
      [130, 130, 0],
    ]
    assert.deepEqual(uncovered(50, 50, spans), [])
    for (const edge of [0, 100]) assert.deepEqual(uncovered(edge, edge, spans), [])
    for (const at of [101, 130, 200]) assert.deepEqual(uncovered(at, at, spans), [[at, at]])
    assert.deepEqual(uncovered(7, 7, []), [[7, 7]])
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

describe("a gap that a collector reported", () => {
  const cut = (...gaps: [number, number][]) =>
    gaps.reduce((spans, [from, to]) => cutSpans(spans, from, to), [[0, 10, 0]] as Span[])

  test("is not swallowed by the one that begins where it ends", () => {
    assert.deepEqual(uncovered(0, 30, cut([10, 20], [20, 30])), [[10, 30]])
  })

  test("stays a gap whatever others are reported, in whatever order they are heard", () => {
    const times = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 20 }))
    fc.assert(
      fc.property(fc.array(times, { minLength: 1, maxLength: 6 }), (all) => {
        const gaps = all.map(([from, length]): [number, number] => [from, from + length])
        const left = uncovered(0, 100, cut(...gaps))
        for (let at = 0; at < 100; at++) {
          const isGap = gaps.some(([from, to]) => from <= at && at < to)
          const isLeft = left.some(([from, to]) => from <= at && at < to)
          if (isGap) assert.ok(isLeft, `${at} of ${JSON.stringify(gaps)}`)
        }
      }),
      { seed: 20261126 },
    )
  })
})

describe("a gap that is reported with the time since when its collector had read", () => {
  // prettier-ignore
  const cases: [what: string, known: Span[], gap: [from: number, to: number, since: number], Span[]][] = [
    ["where nothing was known", [], [80, 100, 40], [[40, 80, 0], [100, 100, 0]]],
    ["that a heartbeat had begun", [[40, 50, 0]], [80, 100, 40], [[40, 80, 0], [100, 100, 0]]],
    ["that began earlier", [[0, 50, 0]], [80, 100, 30], [[0, 80, 0], [100, 100, 0]]],
    ["that ends where it begins", [[0, 40, 0]], [80, 100, 40], [[0, 80, 0], [100, 100, 0]]],
    ["that begins where it ends", [[80, 90, 0]], [80, 85, 40], [[40, 80, 1], [85, 90, 0]]],
    ["within a known one", [[0, 90, 0]], [60, 70, 20], [[0, 60, 0], [70, 90, 0]]],
    ["that is known from later on", [[0, 10, 0], [60, 90, 0]], [80, 85, 40], [[0, 10, 0], [40, 80, 1], [85, 90, 0]]],
    ["between two known ones", [[0, 10, 0], [50, 60, 0]], [30, 40, 20], [[0, 10, 0], [20, 30, 1], [50, 60, 0]]],
    ["that joins two known ones", [[0, 30, 0], [50, 60, 1]], [70, 75, 20], [[0, 70, 0], [75, 75, 0]]],
    ["before all known ones", [[50, 60, 0]], [30, 40, 10], [[10, 30, 1], [50, 60, 0]]],
    ["before one whose start is open", [[50, 60, 1]], [30, 40, 10], [[10, 30, 1], [40, 40, 0], [50, 60, 1]]],
    ["up to one whose start is open", [[50, 60, 1]], [30, 50, 10], [[10, 30, 1], [50, 60, 0]]],
  ]
  for (const [what, known, gap, after] of cases)
    test(`adds the time ${what}`, () => assert.deepEqual(cutSpans(known, ...gap), after))

  test("and all others, heard in any order and between any heartbeats, make exactly what was read", () => {
    const lengths = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
    fc.assert(
      fc.property(
        fc.array(lengths, { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 }),
        (all, order) => {
          const read: Span[] = []
          let at = 0
          for (const [reads, misses] of all) {
            read.push([at, at + reads, 0])
            at += reads + misses
          }
          const gaps = read.slice(1).map(([to], index) => [...read[index]!, to] as const)
          // The heartbeats come in their order, and each report at any time after its gap.
          const heard = [
            ...read.map(([since, to]) => ({
              at: to,
              hear: (spans: Span[]) => extendSpans(spans, since, to),
            })),
            ...gaps.map(([since, from, , to], index) => ({
              at: to + (order[index]! % 60),
              hear: (spans: Span[]) => cutSpans(spans, from, to, since),
            })),
          ].toSorted((a, b) => a.at - b.at)
          const spans = heard.reduce((known, { hear }) => hear(known), [] as Span[])
          const left = gaps.map(([, from, , to]) => [from, to])
          assert.deepEqual(uncovered(0, read.at(-1)![1], spans), left)
          assert.equal(isUnclear(0, at, spans), false)
        },
      ),
      { seed: 20261127 },
    )
  })

  test("is no clear one before: what lies between it and what was known may be a gap, too", () => {
    const spans = cutSpans([[0, 10, 0]], 30, 40, 20)
    assert.equal(isUnclear(5, 25, spans), true)
    assert.equal(isUnclear(25, 50, spans), false)
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
