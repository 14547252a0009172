import assert from "node:assert/strict"
import { test } from "node:test"
import { bodyOf, listedKinds } from "@ringback/collector/gaps/known"
import { resync } from "@ringback/collector/gaps/resync"
import { headersOf, type Rows, setUp } from "./lists.ts"

// What two looks at the PBX's lists say of a gap, list by list.

test("the very first look learns what is there, and concludes nothing from it", async () => {
  const { known, touched, options, said, inferred } = setUp({
    campaign: [{ a: "1" }, { a: "2", b: "1", live: "old" }],
  })
  touched.add("campaign/live")
  assert.equal(await resync(options), true)
  assert.deepEqual([said(), inferred], [[], {}])
  assert.ok(listedKinds.every((kind) => known.isWhole(kind)))
  assert.deepEqual([...known.of("campaign").keys()].sort(), ["a", "b"])
  assert.ok(known.isSame("campaign", "a", bodyOf(headersOf("campaign", "a", "2"))))
})

test("what is there now and was not, or is another now, was created or changed in the gap", async () => {
  const list = { born: "1", changed: "new", same: "1" }
  const { known, options, know, said, emitted, inferred } = setUp({ campaign: [list] })
  know("campaign", { changed: "old", same: "1" })
  await resync(options)
  assert.deepEqual(said(), ["OutCampaignCreate born", "OutCampaignUpdate changed"])
  assert.deepEqual(emitted[0]!.headers.at(-1), ["Detail", "1"])
  assert.equal(emitted[0]!.kind, "event")
  assert.deepEqual(inferred, { "campaign.created": 1, "campaign.updated": 1 })
  // It is known by that, and is not told again.
  await resync(options)
  assert.equal(said().length, 2)
  assert.ok(known.isSame("campaign", "changed", bodyOf(headersOf("campaign", "changed", "new"))))
})

test("what changes between the two looks, or is spoken of by an event, is left to events", async () => {
  const { touched, options, know, said, known } = setUp({
    plan: [
      { moving: "1", touched: "new" },
      { moving: "2", late: "1", touched: "new" },
    ],
  })
  know("plan", { moving: "0", touched: "old", gone: "1" })
  touched.add("plan/touched")
  touched.add("plan/gone")
  await resync(options)
  assert.deepEqual(said(), [])
  assert.ok(known.of("plan").has("gone") && !known.of("plan").has("late"))
})

test("what neither look shows was deleted; what one of them shows was not", async () => {
  const { options, know, said, known, emitted, inferred } = setUp({
    plan: [
      { first: "1", always: "1" },
      { second: "1", always: "1" },
    ],
  })
  know("plan", { first: "1", second: "1", always: "1", gone: "1" })
  await resync(options)
  assert.deepEqual(said(), ["OutPlanDelete gone"])
  // No more than what is sure.
  assert.deepEqual(emitted[0]!.headers, [
    ["Event", "OutPlanDelete"],
    ["Uuid", "gone"],
  ])
  assert.deepEqual(inferred, { "plan.deleted": 1 })
  assert.deepEqual([...known.of("plan").keys()].sort(), ["always", "first", "second"])
})

test("what there is no room for is not taken for told, and not counted", async () => {
  const { options, know, known, inferred, state, said } = setUp({
    plan: [{ changed: "new", born: "1" }],
  })
  know("plan", { changed: "old", gone: "1" })
  state.hasRoom = false
  await resync(options)
  assert.deepEqual([inferred, said()], [{}, []])
  assert.ok(known.of("plan").has("gone") && !known.of("plan").has("born"))
  state.hasRoom = true
  await resync(options)
  assert.equal(said().length, 3)
})

test("an empty list of what lies in a database proves nothing", async () => {
  for (const answers of [[{}], [{}, { other: "1" }], [{ other: "1" }, {}]] as Rows[][]) {
    const { options, know, said, known, asked } = setUp({ plan: answers })
    know("plan", { kept: "1", other: "1" })
    await resync(options)
    assert.deepEqual(said(), [])
    assert.equal(known.of("plan").size, 2)
    assert.equal(asked.filter((kind) => kind === "plan").length, 2)
  }
})

test("an emptied list of calls is asked for a third time, and ends those that it does not show", async () => {
  for (const answers of [[{}], [{}, { late: "1" }, {}], [{ early: "1" }, {}]] as Rows[][]) {
    const { options, know, said, asked } = setUp({ dialing: answers })
    know("dialing", { over: "1" })
    await resync(options)
    assert.deepEqual(
      said().filter((each) => each.includes("over")),
      ["OutDialingDelete over"],
    )
    assert.equal(asked.filter((kind) => kind === "dialing").length, 3)
  }
  const back = setUp({ dialing: [{}, {}, { "came back": "1" }] })
  back.know("dialing", { "came back": "1", over: "1" })
  await resync(back.options)
  assert.deepEqual(back.said(), ["OutDialingDelete over"])
})

test("after a restart of the PBX no third look is needed, and one that cannot be had ends no call", async () => {
  const restarted = setUp({ dialing: [{}] })
  restarted.know("dialing", { over: "1" })
  restarted.state.hasRestarted = true
  await resync(restarted.options)
  assert.deepEqual(restarted.said(), ["OutDialingDelete over"])
  assert.equal(restarted.asked.filter((kind) => kind === "dialing").length, 2)
  const refused = setUp({ dialing: [{}, {}, null] })
  refused.know("dialing", { open: "1" })
  await resync(refused.options)
  assert.deepEqual(refused.said(), [])
})

test("a call that an event speaks of while the third look waits is left to it", async () => {
  const { options, know, said, touched } = setUp({ dialing: [{}] })
  know("dialing", { live: "1", over: "1" })
  const hasRestarted = async () => {
    touched.add("dialing/live")
    return false
  }
  await resync({ ...options, hasRestarted })
  assert.deepEqual(said(), ["OutDialingDelete over"])
})

test("nothing is asked for a third time where no call is missing", async () => {
  const { options, asked, know } = setUp()
  for (const kind of listedKinds) know(kind, {})
  await resync(options)
  assert.equal(asked.length, 2 * listedKinds.length)
  // One that an event speaks of is not missing.
  const live = setUp()
  live.know("dialing", { live: "1" })
  live.touched.add("dialing/live")
  await resync(live.options)
  assert.equal(live.asked.length, 2 * listedKinds.length)
})

test("where not one list can be had, nothing is waited for; one that is missing hides no other", async () => {
  const none = Object.fromEntries(listedKinds.map((kind) => [kind, [null]]))
  const refused = setUp(none)
  assert.equal(await resync(refused.options), false)
  assert.deepEqual(refused.asked, [...listedKinds])
  const some = setUp({ campaign: [null], plan: [{ born: "1" }, null], dlma: [{ born: "1" }] })
  for (const kind of listedKinds) some.know(kind, { gone: "1" })
  assert.equal(await resync(some.options), true)
  assert.deepEqual(
    some.said().filter((each) => /Campaign|Plan/.test(each)),
    [],
  )
  assert.ok(
    some.said().includes("OutDlmaCreate born") && some.said().includes("OutDlmaDelete gone"),
  )
})

test("a collector that stops waits for no second look", async () => {
  const { options, aborting, asked } = setUp()
  const resyncing = resync({ ...options, confirm: { ...options.confirm, afterMs: 600_000 } })
  aborting.abort()
  await assert.rejects(resyncing, { name: "AbortError" })
  assert.equal(asked.length, listedKinds.length)
  const third = setUp({ dialing: [{}] })
  third.know("dialing", { over: "1" })
  const waiting = resync({
    ...third.options,
    confirm: { ...third.options.confirm, emptyAfterMs: 600_000 },
  })
  const isThere = () => third.asked.length === 2 * listedKinds.length
  while (!isThere()) await new Promise(setImmediate)
  third.aborting.abort()
  await assert.rejects(waiting, { name: "AbortError" })
})

test("rows without a name, or with one that is not remembered, are none", async () => {
  const { options, know, said } = setUp({
    plan: [{ "": "1", ["x".repeat(129)]: "1", ["y".repeat(128)]: "1" }],
  })
  know("plan", {})
  await resync(options)
  assert.deepEqual(said(), [`OutPlanCreate ${"y".repeat(128)}`])
})
