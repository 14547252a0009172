import assert from "node:assert/strict"
import { describe, mock, test, type TestContext } from "node:test"
import { ENOUGH_QUICK, makeQuickRuns } from "@ringback/functions/endpoint/quick-runs"
import {
  makeSlowness,
  SLOW_AFTER_MS,
  SLOW_FOR_MS,
} from "@ringback/functions/endpoint/slow-endpoints"

const times = (count: number, act: () => void) => Array.from({ length: count }, act)

describe("a slow POST", () => {
  test("makes an endpoint slow, unless enough quick ones came before it", () => {
    const { noteQuick, noteSlow } = makeQuickRuns()
    assert.equal(noteSlow("ep_a"), true, "its first POST")
    times(ENOUGH_QUICK - 1, () => noteQuick("ep_a"))
    assert.equal(noteSlow("ep_a"), true, "one too few")
    times(ENOUGH_QUICK, () => noteQuick("ep_a"))
    assert.equal(noteSlow("ep_b"), true, "another's quick ones do not count")
    assert.equal(noteSlow("ep_a"), false)
  })

  test("starts the count again: the next one counts, after however many quick ones before", () => {
    const { noteQuick, noteSlow } = makeQuickRuns()
    times(10 * ENOUGH_QUICK, () => noteQuick("ep_a"))
    assert.equal(noteSlow("ep_a"), false)
    times(ENOUGH_QUICK - 1, () => noteQuick("ep_a"))
    assert.equal(noteSlow("ep_a"), true)
    times(ENOUGH_QUICK, () => noteQuick("ep_a"))
    assert.equal(noteSlow("ep_a"), false)
  })

  test("makes it slow where its quick ones are forgotten: of many endpoints the oldest", () => {
    const { noteQuick, noteSlow } = makeQuickRuns(2)
    for (const id of ["ep_a", "ep_b"]) times(ENOUGH_QUICK, () => noteQuick(id))
    noteQuick("ep_a")
    noteQuick("ep_c")
    assert.equal(noteSlow("ep_a"), false)
    assert.equal(noteSlow("ep_b"), true)
  })
})

describe("an endpoint that has answered quickly a hundred times", () => {
  /** What a process knows of it. Its ticks come when the test says so. */
  function begin({ mock: { timers } }: TestContext) {
    timers.enable({ apis: ["setInterval"] })
    let now = 0
    const slowness = makeSlowness(() => now)
    const onSlow = mock.fn()
    const watch = () => slowness.watch("ep_a", onSlow)
    const advance = (ms: number) => {
      now += ms
      timers.tick(ms)
    }
    times(ENOUGH_QUICK, () => watch()())
    const isSlow = () => slowness.isSlow("ep_a")
    return { watch, advance, isSlow, told: () => onSlow.mock.callCount() }
  }

  test("tells of it again each 20 s while it is slow, and not more often", (t) => {
    const { watch, advance, told } = begin(t)
    for (const expected of [0, 1, 1, 1]) {
      const answered = watch()
      advance(SLOW_AFTER_MS)
      answered()
      assert.equal(told(), expected)
    }
    advance(SLOW_FOR_MS / 3 - 2 * SLOW_AFTER_MS)
    const answered = watch()
    advance(SLOW_AFTER_MS)
    answered()
    assert.equal(told(), 2)
  })

  test("is not slow by one slow answer, and is by the next one, for a minute", (t) => {
    const { watch, advance, isSlow, told } = begin(t)
    const first = watch()
    advance(SLOW_AFTER_MS)
    first()
    assert.deepEqual([isSlow(), told()], [false, 0])
    const second = watch()
    advance(SLOW_AFTER_MS - 1)
    assert.deepEqual([isSlow(), told()], [false, 0])
    advance(1)
    assert.deepEqual([isSlow(), told()], [true, 1])
    second()
    advance(SLOW_FOR_MS - 1)
    assert.equal(isSlow(), true)
    advance(1)
    assert.equal(isSlow(), false)
  })

  test("is slow once two hang at the same moment", (t) => {
    const { watch, advance, isSlow, told } = begin(t)
    times(2, watch)
    advance(SLOW_AFTER_MS - 1)
    assert.equal(isSlow(), false)
    advance(1)
    assert.deepEqual([isSlow(), told()], [true, 1])
  })

  test("a slow answer is none of the quick ones when it comes at last", (t) => {
    const { watch, advance, isSlow } = begin(t)
    const slow = watch()
    advance(SLOW_AFTER_MS)
    slow()
    times(ENOUGH_QUICK - 1, () => watch()())
    watch()
    advance(SLOW_AFTER_MS)
    assert.equal(isSlow(), true)
  })
})
