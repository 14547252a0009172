import assert from "node:assert/strict"
import { test } from "node:test"
import type { ListedKind, Pair } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"
import { setUp, valueOf, synthetic, wordsOf, listsAsked, gapCount } from "./resync-set-up.ts"

test("infers from the lists what was missed, marks it, and counts it in the gap's report", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  pbx.create("Campaign", "kept", [
    ["Name", "a"],
    ["Status", "0"],
  ])
  const collector = await run()
  await until(() => listsAsked(pbx) === 10)
  pbx.create("Campaign", "changed", [
    ["Name", "b"],
    ["Status", "0"],
  ])
  pbx.create("Campaign", "gone", [
    ["Name", "c"],
    ["Status", "0"],
  ])
  await until(async () => (await queue.read()).events.length === 2)
  assert.deepEqual(wordsOf(queue), [], "a first look infers nothing")

  await pbx.down()
  pbx.update("Campaign", "changed", [["Status", "11"]])
  pbx.update("Campaign", "changed", [["Status", "1"]])
  pbx.remove("Campaign", "gone")
  pbx.create("Plan", "born", [["Name", "p"]])
  await pbx.listen()
  await gapCount(queue, 1)
  assert.deepEqual(wordsOf(queue), [
    "OutCampaignDelete gone",
    "OutCampaignUpdate changed",
    "OutPlanCreate born",
  ])
  const [gap] = queue.gaps
  assert.deepEqual(gap?.inferred, {
    "campaign.updated": 1,
    "campaign.deleted": 1,
    "plan.created": 1,
  })
  assert.equal(gap.reason, "disconnected")
  for (const event of synthetic(queue)) {
    assert.deepEqual(event.synthetic, { reason: "disconnected", gap: gap.id })
  }
  const changed = synthetic(queue).find(({ headers }) => headers[0]![1] === "OutCampaignUpdate")!
  assert.deepEqual(changed.headers.slice(1), pbx.records.get("Campaign")!.get("changed"))

  // The next gap, in which nothing happened, infers nothing.
  pbx.cut()
  await gapCount(queue, 2)
  assert.deepEqual(queue.gaps[1]?.inferred, {})
  assert.equal(synthetic(queue).length, 3)
  assert.equal(collector.status().synthetic, 3)
})

test("closes the dialings of a PBX that restarted: it forgot them without a word", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const collector = await run()
  await until(() => listsAsked(pbx) === 10)
  pbx.create("Dialing", "call-1", [["Status", "1"]])
  pbx.create("Dialing", "call-2", [["Status", "1"]])
  await until(async () => (await queue.read()).events.length === 2)
  await pbx.down()
  await until(() => collector.lines.some(({ code }) => code === "port_refused"))
  await pbx.restart()
  await gapCount(queue, 1)
  assert.deepEqual(wordsOf(queue), ["OutDialingDelete call-1", "OutDialingDelete call-2"])
  assert.deepEqual(queue.gaps[0]?.inferred, { "dialing.deleted": 2 })
  for (const { headers } of synthetic(queue))
    assert.deepEqual(
      headers.map(([name]) => name),
      ["Event", "Uuid"],
    )
})

test("closes them also when it was itself away while the PBX restarted", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const first = await run()
  await until(() => listsAsked(pbx) === 10)
  pbx.create("Dialing", "call-1", [["Status", "1"]])
  await until(async () => (await queue.read()).events.length === 1)
  await first.stop()
  const stoppedAt = Date.now()
  // The PBX says its age in whole seconds.
  await until(() => Date.now() - stoppedAt > 1_100)
  await pbx.restart()
  await run()
  await gapCount(queue, 1)
  assert.deepEqual(wordsOf(queue), ["OutDialingDelete call-1"])
})

test("never takes an empty list for a delete, nor what one of two lists lacks", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  await run()
  await until(() => listsAsked(pbx) === 10)
  pbx.create("Campaign", "a")
  pbx.create("Plan", "b")
  pbx.create("Plan", "c")
  await until(async () => (await queue.read()).events.length === 3)
  const campaigns = new Map(pbx.records.get("Campaign"))
  const plan = pbx.records.get("Plan")!.get("b")!
  // A database that does not answer looks like this.
  pbx.records.delete("Campaign")
  pbx.records.get("Plan")!.delete("b")
  const asked = listsAsked(pbx)
  pbx.cut()
  await until(() => listsAsked(pbx) >= asked + 2)
  pbx.records.get("Plan")!.set("b", plan)
  await gapCount(queue, 1)
  assert.deepEqual(wordsOf(queue), [])
  pbx.records.set("Campaign", campaigns)
  pbx.cut()
  await gapCount(queue, 2)
  assert.deepEqual(wordsOf(queue), [])
})

test("without write=command reports the gap alone, and says once how to mend that", async (t) => {
  const { pbx, queue, run } = await setUp(t, { canList: false })
  const { lines } = await run()
  for (const count of [1, 2]) {
    pbx.cut()
    await gapCount(queue, count)
  }
  assert.deepEqual(
    queue.gaps.map(({ inferred }) => inferred),
    [{}, {}],
  )
  assert.equal(lines.filter(({ event }) => event === "lists.refused").length, 1)
})

test("asks in each session anew for lists that were refused for want of a right", async (t) => {
  const { pbx, queue, run } = await setUp(t, { canList: false })
  const collector = await run()
  await until(() => collector.lines.some(({ event }) => event === "lists.refused"))
  pbx.options = { canList: true }
  pbx.create("Dialing", "alive", [["Status", "1"]])
  pbx.cut()
  await gapCount(queue, 1)
  await pbx.down()
  await pbx.restart()
  await until(async () => (await queue.read()) && wordsOf(queue).length === 1)
  assert.deepEqual(wordsOf(queue), ["OutDialingDelete alive"])
})

test("fills the gap of its own restart from what it knew before", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const first = await run()
  await until(() => listsAsked(pbx) === 10)
  pbx.create("Destination", "kept")
  pbx.create("Destination", "changed", [["Exten", "1"]])
  await until(async () => (await queue.read()).events.length === 2)
  await first.stop()
  const stoppedAt = Date.now()
  pbx.update("Destination", "changed", [["Exten", "2"]])
  await run()
  await gapCount(queue, 1)
  assert.deepEqual(wordsOf(queue), ["OutDestinationUpdate changed"])
  const [gap] = queue.gaps
  assert.equal(gap?.reason, "restarted")
  assert.ok(gap.from <= stoppedAt && gap.to >= stoppedAt)
})

test("says nothing that was not so, whatever happens in the gap and while it asks", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const collector = await run({ confirmMs: 30 })
  await until(() => listsAsked(pbx) === 10)
  const kinds: ListedKind[] = ["Campaign", "Plan", "Dlma", "Destination", "Dialing"]
  let made = 0
  let seed = 7
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
  const act = () => {
    const kind = kinds[random(kinds.length)]!
    const uuids = [...(pbx.records.get(kind)?.keys() ?? [])]
    const uuid = uuids[random(uuids.length || 1)]
    const choice = random(4)
    if (choice === 0 || uuid === undefined) pbx.create(kind, `r${++made}`, [["Status", "0"]])
    else if (choice === 1 && uuids.length > 1) pbx.remove(kind, uuid)
    else pbx.update(kind, uuid, [["Status", String(random(9))]])
  }
  // Each kind keeps a row: an emptied list infers nothing, which another test holds.
  for (const kind of kinds) pbx.create(kind, `stays-${kind}`)
  for (let gap = 1; gap <= 4; gap++) {
    for (let i = 0; i < 30; i++) act()
    await pbx.down()
    for (let i = 0; i < 30; i++) act()
    await pbx.listen()
    const before = queue.gaps.length
    await until(async () => {
      act()
      return (await queue.read()).gaps.length > before
    })
  }
  // What was said last is still on its way.
  pbx.create("Plan", "last")
  const isLast = (event: (typeof queue.events)[number]) => valueOf(event.headers, "Uuid") === "last"
  await until(async () => (await queue.read()).events.some(isLast))
  await until(() => collector.status().spoolDepth === 0)
  await queue.read()
  const history = pbx.history.map((headers) => JSON.stringify(stateOf(headers)))
  const live = queue.events.filter((event) => !event.synthetic)
  assert.ok(synthetic(queue).length > 30, String(synthetic(queue).length))
  for (const { headers } of synthetic(queue)) {
    const name = headers[0]![1]
    const uuid = valueOf(headers, "Uuid")
    if (name.endsWith("Delete")) {
      const isDeleted = pbx.history.some(
        (each) => each[0]![1] === name && valueOf(each, "Uuid") === uuid,
      )
      assert.ok(isDeleted, `${name} ${uuid} was never deleted`)
      continue
    }
    assert.ok(history.includes(JSON.stringify(stateOf(headers))), `${name} ${uuid} never was so`)
  }
  // Nothing is left open: what the receiver believes is what the PBX has.
  const believed = new Map<string, string>()
  const said = new Map(pbx.history.map((headers, index) => [JSON.stringify(headers), index]))
  const placeOf = ({ headers }: (typeof live)[number]) => said.get(JSON.stringify(headers)) ?? -1
  for (const { headers } of [...live, ...synthetic(queue)].sort(
    (a, b) => a.receivedAt - b.receivedAt || placeOf(a) - placeOf(b),
  )) {
    const key = `${kindOf(headers)}/${valueOf(headers, "Uuid")}`
    if (headers[0]![1].endsWith("Delete")) believed.delete(key)
    else believed.set(key, "")
  }
  const there = [...pbx.records].flatMap(([kind, records]) =>
    [...records.keys()].map((uuid) => `${kind}/${uuid}`),
  )
  assert.deepEqual([...believed.keys()].sort(), there.sort())
})

const kindOf = (headers: readonly Pair[]) =>
  /^Out(.*?)(Create|Update|Delete)$/.exec(headers[0]![1])![1]!

/** The record itself, without the message around it. */
const stateOf = (headers: readonly Pair[]) =>
  headers.filter(([name]) => !["Event", "Privilege", "Timestamp"].includes(name))
