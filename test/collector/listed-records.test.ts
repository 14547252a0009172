import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { systemClock } from "@ringback/ami/clock"
import type { CollectorOptions } from "@ringback/collector/collector"
import { IngestQueue, makeSpoolDir, runCollector } from "../harness/collector.ts"
import { type Pair, Pbx, type PbxOptions } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"

async function setUp(t: TestContext, options: PbxOptions = { canList: true }) {
  const pbx = await Pbx.start(options)
  const queue = await IngestQueue.start()
  const { dir, remove } = makeSpoolDir()
  const running: { stop: () => Promise<void> }[] = []
  t.after(async () => {
    for (const each of running) await each.stop()
    await pbx.close()
    await queue.close()
    remove()
  })
  const run = async (more: Partial<CollectorOptions> = {}) => {
    const collector = await runCollector(pbx, queue, dir, { confirmMs: 20, ...more })
    running.push(collector)
    await collector.ready
    return collector
  }
  const records = () =>
    queue.messages.flatMap((message) => (message.kind === "record" ? [message.headers] : []))
  return { pbx, queue, run, records }
}

const HOUR_MS = 3600_000

const row: Pair[] = [
  ["Uuid", "r-1"],
  ["UKey", "10042"],
]

test("what the lists show at the start is sent once in a run, calls apart, and is no event", async (t) => {
  const { pbx, queue, run, records } = await setUp(t)
  for (const kind of ["Campaign", "Plan", "Dlma", "Destination", "Dialing"] as const)
    pbx.create(kind, `old ${kind}`, [["Name", kind]])
  pbx.rows = [row]
  const collector = await run()
  await until(async () => (await queue.read()) && records().length === 5)
  assert.deepEqual(
    records().map((headers) => [headers[0]![1], headers.find(([name]) => name === "Uuid")![1]]),
    [
      ["OutCampaignEntry", "old Campaign"],
      ["OutPlanEntry", "old Plan"],
      ["OutDlmaEntry", "old Dlma"],
      ["OutDestinationEntry", "old Destination"],
      ["OutDlListEntry", "r-1"],
    ],
  )
  assert.deepEqual(queue.events, [])
  pbx.cut()
  await until(async () => (await queue.read()).gaps.length === 1)
  await collector.stop()
  await queue.read()
  assert.equal(records().length, 5)
  await run()
  await until(async () => (await queue.read()) && records().length === 10)
  assert.deepEqual(queue.events, [], "nor after a restart")
})

test("what the lists show is sent again a day later, without a gap", async (t) => {
  const { pbx, queue, run, records } = await setUp(t)
  pbx.create("Campaign", "c-1", [["Name", "spring"]])
  pbx.rows = [row]
  let aheadMs = 0
  const clock = { ...systemClock, now: () => Date.now() + aheadMs }
  await run({ clock })
  await until(async () => (await queue.read()) && records().length === 2)
  aheadMs = 23 * HOUR_MS
  pbx.create("Campaign", "c-2", [["Name", "summer"]])
  await until(async () => (await queue.read()).events.length === 1)
  assert.equal(records().length, 2)
  aheadMs = 25 * HOUR_MS
  await until(async () => (await queue.read()) && records().length === 5)
  assert.deepEqual(
    records()
      .slice(2)
      .map((headers) => headers.find(([name]) => name === "Uuid")![1])
      .toSorted(),
    ["c-1", "c-2", "r-1"],
  )
  assert.equal(queue.events.length, 1)
})

test("a gap before them is inferred as ever", async (t) => {
  const { pbx, queue, run, records } = await setUp(t)
  pbx.create("Campaign", "c-1", [["Status", "0"]])
  const first = await run()
  await until(async () => (await queue.read()) && records().length === 1)
  // The report of a gap stands behind a whole asking: the lists are learnt then.
  pbx.cut()
  await until(async () => (await queue.read()).gaps.length === 1)
  await first.stop()
  pbx.update("Campaign", "c-1", [["Status", "1"]])
  await run()
  await until(async () => (await queue.read()).events.length === 1)
  const [event] = queue.events
  assert.equal(event!.headers[0]![1], "OutCampaignUpdate")
  assert.ok(event!.synthetic)
})

test("where the lists may not be asked for, nothing is sent of them", async (t) => {
  const { pbx, queue, run, records } = await setUp(t, { canList: false })
  pbx.create("Campaign", "c-1")
  await run()
  pbx.create("Campaign", "c-2")
  await until(async () => (await queue.read()).events.length === 1)
  assert.deepEqual(records(), [])
})
