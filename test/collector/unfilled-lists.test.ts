import assert from "node:assert/strict"
import { test } from "node:test"
import { UnfilledGaps } from "@ringback/collector/gaps/unfilled"
import { gapOf, LOST, setUp, UNKNOWN } from "./scripted-lists.ts"

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
