import assert from "node:assert/strict"
import { test } from "node:test"
import { UnfilledGaps } from "@ringback/collector/gaps/unfilled"
import { until } from "../harness/until.ts"
import { gapOf, LOST, row, SECOND, setUp, UNKNOWN } from "./scripted-lists.ts"

test("gaps that no list could fill are kept from the first one's start on, newest last", async (t) => {
  const { lists, gapLists, state } = setUp(t)
  lists.set("OutCampaignShow", LOST)
  await gapLists.ask({ gap: { ...gapOf("g1"), from: 2_000 } })
  await gapLists.ask({ gap: { ...gapOf("g2"), from: 5_000 } })
  const { current } = new UnfilledGaps(state, (write) => write(), [])
  assert.deepEqual([current?.gaps, current?.from], [["g1", "g2"], 2_000])
})

test("records are watched while the lists are asked for, and not beyond that", async (t) => {
  const { known, lists, gapLists } = setUp(t)
  let watchedCount = 0
  const watch = known.watch.bind(known)
  t.mock.method(known, "watch", () => {
    const touched = watch()
    watchedCount++
    const end = touched.end.bind(touched)
    t.mock.method(touched, "end", () => {
      watchedCount--
      end()
    })
    return touched
  })
  lists.set("OutCampaignShow", () => {
    assert.equal(watchedCount, 1)
    return UNKNOWN
  })
  await gapLists.ask({ gap: gapOf("g1") })
  assert.equal(watchedCount, 0)
})

test("what a later look at the lists finds bears the reason of the gap", async (t) => {
  const { lists, inferred, reasons, gapLists } = setUp(t)
  lists.set("OutPlanShow", UNKNOWN)
  await gapLists.ask({ gap: gapOf("g1") })
  lists.set("OutPlanShow", [row("Plan", "plan")])
  gapLists.askAgain(30 * SECOND)
  await until(() => inferred.length === 1)
  assert.deepEqual([inferred[0]!.gap, reasons], ["g1", ["disconnected"]])
})

test("a call that is over without a gap or a reloaded module has no reason to be told", async (t) => {
  const { known, inferred, reasons, gapLists } = setUp(t)
  known.set("dialing", "one", "body")
  assert.deepEqual(await gapLists.ask({ gap: null }), { "dialing.deleted": 1 })
  assert.deepEqual([inferred.length, reasons], [1, [""]])
})

test("reads an emptied list of dialings a third time, after more than three times the wait", async (t) => {
  const { known, lists, gapLists } = setUp(t, undefined, 100)
  known.set("dialing", "d", "x")
  const readAt: number[] = []
  lists.set("OutDialingShow", () => {
    readAt.push(performance.now())
    return []
  })
  assert.deepEqual(await gapLists.ask({ gap: null }), { "dialing.deleted": 1 })
  const [first, second, third] = readAt as [number, number, number]
  assert.equal(readAt.length, 3)
  // Timers may be a millisecond early.
  assert.ok(second - first >= 99, `${second - first} ms`)
  assert.ok(third - second >= 339, `${third - second} ms`)
})
