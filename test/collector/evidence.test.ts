import assert from "node:assert/strict"
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { CollectorOptions } from "@ringback/collector/collector"
import { IngestQueue, makeSpoolDir, runCollector } from "../harness/collector.ts"
import { type Pair, Pbx } from "../harness/pbx.ts"
import { startQueueProxy } from "../harness/queue-proxy.ts"
import { until } from "../harness/until.ts"

async function setUp(t: TestContext) {
  const pbx = await Pbx.start({ canList: true })
  const queue = await IngestQueue.start()
  const { dir, remove } = makeSpoolDir()
  const started: { stop: () => Promise<void> }[] = []
  t.after(async () => {
    for (const each of started) await each.stop()
    await pbx.close()
    await queue.close()
    remove()
  })
  const run = async (options: Partial<CollectorOptions> = {}) => {
    const collector = await runCollector(pbx, queue, dir, { confirmMs: 50, ...options })
    started.push(collector)
    await collector.ready
    return collector
  }
  return { pbx, queue, dir, run }
}

const valueOf = (headers: readonly Pair[], name: string) =>
  headers.find(([each]) => each === name)?.[1]
const inferred = (queue: IngestQueue) =>
  queue.events
    .filter((event) => event.synthetic)
    .map(({ headers }) => `${headers[0]![1]} ${valueOf(headers, "Uuid")}`)
    .sort()
/** Of those that gaps are judged by: of dial list rows there is no whole list. */
const listsAsked = (pbx: Pbx) =>
  pbx.actions.filter((name) => name.endsWith("Show") && name !== "OutDlListShow").length

test("a record under a huge Uuid is forwarded, but neither remembered nor inferred", async (t) => {
  const { pbx, queue, dir, run } = await setUp(t)
  const collector = await run()
  await until(() => listsAsked(pbx) === 10)
  for (const letter of "abcdefghij") pbx.create("Plan", letter.repeat(60_000))
  await until(async () => (await queue.read()).events.length === 10)
  pbx.cut()
  await until(async () => (await queue.read()).gaps.length === 1)
  assert.deepEqual(inferred(queue), [])
  await collector.stop()
  assert.ok(statSync(join(dir, "state.sqlite")).size < 200_000)
})

test("messages that SQS throttles are sent again, and none is set aside", async (t) => {
  const { pbx, queue, dir, run } = await setUp(t)
  const proxy = await startQueueProxy(queue.url)
  t.after(() => proxy.close())
  const seen = new Map<string, number>()
  // SQS blames the sender for these.
  const codes = ["RequestThrottled", "ThrottlingException", "KmsThrottled", "OverLimit"]
  proxy.judge = ({ MessageBody }) => {
    const times = seen.get(MessageBody) ?? 0
    seen.set(MessageBody, times + 1)
    return times < 1 ? { Code: codes[seen.size % codes.length]!, SenderFault: true } : undefined
  }
  const collector = await run({ ingestQueueUrl: proxy.url })
  for (let count = 0; count < 8; count++) pbx.create("Plan", `p${count}`)
  await until(async () => (await queue.read()).events.length === 8)
  assert.equal(collector.status().refused, 0)
  assert.ok(!existsSync(join(dir, "quarantine")))
})

test("a record that still changes between the two askings is left to its own events", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  await run({ confirmMs: 2_000 })
  await until(() => listsAsked(pbx) === 10)
  pbx.create("Plan", "settled", [["Name", "a"]])
  pbx.create("Plan", "moving", [["Name", "a"]])
  await until(async () => (await queue.read()).events.length === 2)
  await pbx.down()
  pbx.update("Plan", "settled", [["Name", "b"]])
  pbx.update("Plan", "moving", [["Name", "b"]])
  await pbx.listen()
  await until(() => listsAsked(pbx) === 15)
  // Changed in the list already, its event still on its way.
  const plans = pbx.records.get("Plan")!
  const changed = plans
    .get("moving")!
    .map(([name, value]): Pair => [name, value === "b" ? "c" : value])
  plans.set("moving", changed)
  await until(async () => (await queue.read()).gaps.length === 1)
  assert.deepEqual(inferred(queue), ["OutPlanUpdate settled"])
})

test("a record that an event spoke of meanwhile is left to its events", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  await run({ confirmMs: 2_000 })
  await until(() => listsAsked(pbx) === 10)
  pbx.create("Plan", "settled", [["Name", "a"]])
  pbx.create("Plan", "spoken-of", [["Name", "a"]])
  await until(async () => (await queue.read()).events.length === 2)
  await pbx.down()
  pbx.update("Plan", "settled", [["Name", "b"]])
  pbx.update("Plan", "spoken-of", [["Name", "b"]])
  await pbx.listen()
  await until(() => listsAsked(pbx) === 15)
  // An event that is older than the list's row.
  const older = pbx.records.get("Plan")!.get("spoken-of")!
  pbx.emit(
    "OutPlanUpdate",
    older.map(([name, value]): Pair => [name, value === "b" ? "a2" : value]),
  )
  await until(async () => (await queue.read()).gaps.length === 1)
  assert.deepEqual(inferred(queue), ["OutPlanUpdate settled"])
})

for (const [why, isAnnounced] of [
  ["a refused port", false],
  ["its own word", true],
] as const) {
  test(`that the PBX began anew is known by ${why}, whatever its console says`, async (t) => {
    const { pbx, queue, run } = await setUp(t)
    const collector = await run()
    await until(() => listsAsked(pbx) === 10)
    pbx.create("Dialing", "call", [["Status", "1"]])
    await until(async () => (await queue.read()).events.length === 1)
    const isLost = () => collector.status().session !== "connected"
    // Its uptime says that it has been up since long ago.
    pbx.startedAt = 0
    pbx.records.delete("Dialing")
    if (isAnnounced) {
      pbx.say(
        "Event: Shutdown\r\nPrivilege: system,all\r\nShutdown: Cleanly\r\nRestart: True\r\n\r\n",
      )
      await until(() => (collector.status().lastReadAt ?? 0) > 0)
      pbx.hangUp()
      await until(() => collector.lines.some(({ code }) => code === "shutdown"))
    } else {
      await pbx.down()
      await until(() => isLost() && collector.lines.some(({ code }) => code === "port_refused"))
      await pbx.listen()
    }
    await until(async () => (await queue.read()).gaps.length === 1)
    assert.deepEqual(inferred(queue), ["OutDialingDelete call"])
  })
}
