import assert from "node:assert/strict"
import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import { after, before, test, type TestContext } from "node:test"
import { IngestQueue, makeSpoolDir, runCollector } from "../harness/collector.ts"
import { Pbx } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"

let queue: IngestQueue
before(async () => void (queue = await IngestQueue.start()))
after(() => queue.close())

async function setUp(t: TestContext) {
  const pbx = await Pbx.start({ hasTimestamps: true, canList: true })
  const { dir, remove } = makeSpoolDir()
  t.after(async () => {
    await pbx.close()
    remove()
  })
  const tuning = { backoffMinMs: 1, backoffMaxMs: 5 }
  const start = () => runCollector(pbx, queue, dir, { tuning, confirmMs: 1 })
  return { pbx, start }
}

test("each change of the session is logged with its reason; attempts that fail are in no heartbeat", async (t) => {
  const { pbx, start } = await setUp(t)
  await pbx.down()
  const collector = await start()
  const waiting = await until(() =>
    collector.lines.find(({ event }) => event === "session.waiting"),
  )
  const { code, alarm, failures, banner, shutdown } = waiting
  assert.deepEqual([code, alarm, failures, banner, shutdown], ["port_refused", true, 1, null, null])
  assert.match(String(waiting["reason"]), /^nothing listens on 127.0.0.1:\d+$/)
  const { session, sessionReason, sessions } = collector.status()
  assert.deepEqual([session, sessionReason, sessions], ["waiting", waiting["reason"], 0])
  await pbx.listen()
  await collector.ready
  const connected = collector.lines.find(({ event }) => event === "session.connected")!
  assert.match(String(connected["banner"]), /Asterisk Call Manager/)
  assert.deepEqual([connected.alarm, connected["reason"], connected["code"]], [false, null, null])
  await collector.stop()
  await queue.read()
  const unconnected = queue.heartbeats.filter(({ connectedSince }) => connectedSince === null)
  assert.equal(unconnected.length, 3, "at the start, when it logs off and at the end")
  const stopped = collector.lines.filter(({ event }) => event === "collector.stopped")
  assert.deepEqual(
    stopped.map(({ spoolDepth }) => spoolDepth),
    [0],
  )
  const { length } = collector.lines
  await collector.stop()
  assert.equal(collector.lines.length, length, "a second stop does nothing")
})

test("the gap of a planned restart says since when the run before had read", async (t) => {
  const { pbx, start } = await setUp(t)
  const first = await start()
  await first.ready
  const since = first.status().connectedSince!
  pbx.emit("OutPlanCreate", [["Uuid", "p"]])
  await until(() => first.status().sent >= 1)
  await first.stop()
  const second = await start()
  await second.ready
  await until(async () => (await queue.read()).gaps.length === 1)
  const [gap] = queue.gaps
  assert.equal(gap!.reason, "restarted")
  assert.equal(gap!.since, since)
  await second.stop()
})

test("each minute the log has what the collector is doing", async (t) => {
  const { start } = await setUp(t)
  t.mock.timers.enable({ apis: ["setInterval"] })
  const collector = await start()
  await collector.ready
  const minutes = () => collector.lines.filter(({ event }) => event === "collector.minute")
  t.mock.timers.tick(59_999)
  assert.equal(minutes().length, 0)
  t.mock.timers.tick(1)
  const [{ event: _, ...said }] = minutes() as [(typeof collector.lines)[number]]
  assert.deepEqual(Object.keys(said).sort(), Object.keys(collector.status()).sort())
  assert.deepEqual([said["session"], said["sessions"]], ["connected", 1])
  await collector.stop()
  t.mock.timers.tick(60_000)
  assert.equal(minutes().length, 1)
})

test("a start that fails leaves the directory to the next one", async (t) => {
  const { pbx } = await setUp(t)
  const other = createServer().listen(0, "127.0.0.1")
  await once(other, "listening")
  t.after(() => other.close())
  const { port: healthPort } = other.address() as AddressInfo
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  await assert.rejects(runCollector(pbx, queue, dir, { healthPort, confirmMs: 1 }), {
    name: "SettingError",
    message: /^RINGBACK_HEALTH_PORT: cannot listen on .* \(EADDRINUSE\)$/,
  })
  const collector = await runCollector(pbx, queue, dir, { confirmMs: 1 })
  await collector.ready
  await collector.stop()
})
