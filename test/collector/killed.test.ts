import assert from "node:assert/strict"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { collectorEnvironment, IngestQueue, spawnCollector } from "../harness/collector.ts"
import { Pbx } from "../harness/pbx.ts"
import { startQueueProxy } from "../harness/queue-proxy.ts"
import { until } from "../harness/until.ts"
import { setUp, emitMany, valueOf, uuidsOf, uuids, sorted } from "./collector-set-up.ts"

const spooled = (dir: string) =>
  readdirSync(dir)
    .filter((name) => name.endsWith(".log"))
    .map((name) => readFileSync(join(dir, name), "utf8"))
    .join("")

/** A queue that is away, and the environment of a collector that sends to it. */
async function setUpOutage(
  t: TestContext,
  { pbx, queue, dir }: { pbx: Pbx; queue: IngestQueue; dir: string },
) {
  const proxy = await startQueueProxy(queue.url)
  t.after(proxy.close)
  proxy.mode = "down"
  const environment = {
    ...collectorEnvironment(pbx, queue, dir),
    RINGBACK_INGEST_QUEUE_URL: proxy.url,
  }
  return { proxy, environment }
}

/** One life of a collector as a process: it hears what the PBX says, and gets SIGKILL once `last` is in its spool. */
async function liveOnce(
  t: TestContext,
  life: { pbx: Pbx; dir: string; environment: NodeJS.ProcessEnv; say: () => void; last: string },
) {
  const child = spawnCollector(life.environment)
  t.after(() => child.kill("SIGKILL"))
  const exited = once(child, "exit")
  await until(() => life.pbx.sessionCount > 0)
  life.say()
  await until(() => spooled(life.dir).includes(life.last))
  child.kill("SIGKILL")
  await exited
  await until(() => life.pbx.sessionCount === 0)
}

test("loses nothing of its spool by SIGKILL: all arrives after the next start, and a gap names the while between", async (t) => {
  const { pbx, queue, dir, run } = await setUp(t)
  const { proxy, environment } = await setUpOutage(t, { pbx, queue, dir })
  for (const [from, to] of [
    [0, 400],
    [400, 800],
  ] as const) {
    const say = () => emitMany(pbx, from, to, "x".repeat(500))
    await liveOnce(t, { pbx, dir, environment, say, last: `c-${to - 1}` })
  }
  proxy.mode = "ok"
  const collector = await run()
  await until(async () => (await queue.read()).events.length >= 800)
  await collector.ready
  await collector.stop()
  await until(async () => (await queue.read()).gaps.length >= 2)
  assert.deepEqual(sorted(uuidsOf(queue)), uuids(0, 800))
  const newest = Math.max(...queue.events.map(({ receivedAt }) => receivedAt))
  const last = queue.gaps.at(-1)!
  assert.equal(last.reason, "restarted")
  assert.ok(last.from >= newest && last.to >= last.from)
})

test("reports after a SIGKILL the gaps that it had found and not yet reported, each with its own bounds", async (t) => {
  const { pbx, queue, dir, run } = await setUp(t)
  // With lists to ask for twice, a report is seconds away.
  pbx.options.canList = true
  const { proxy, environment } = await setUpOutage(t, { pbx, queue, dir })
  for (const uuid of ["c-1", "c-2"]) {
    const say = () => {
      if (uuid === "c-2") pbx.emit("OutCampaignUpdate", [["Detail", "x".repeat(1_100_000)]])
      pbx.emit("OutCampaignUpdate", [["Uuid", uuid]])
    }
    await liveOnce(t, { pbx, dir, environment, say, last: uuid })
  }
  proxy.mode = "ok"
  const collector = await run({ confirmMs: 10 })
  await until(async () => (await queue.read()).gaps.length >= 3)
  await collector.stop()
  const [first, second] = ["c-1", "c-2"].map(
    (uuid) => queue.events.find(({ headers }) => valueOf(headers, "Uuid") === uuid)?.receivedAt,
  )
  const [oversized] = queue.gaps.filter(({ reason }) => reason === "oversized")
  const [restarted, again, ...others] = queue.gaps
    .filter(({ reason }) => reason === "restarted")
    .sort((a, b) => a.from - b.from)
  assert.deepEqual(others, [])
  assert.ok(restarted!.from >= first! && restarted!.to <= second!)
  assert.ok(oversized!.from >= restarted!.to && oversized!.to <= again!.to)
  assert.ok(again!.from >= second!)
})

test("tells a gap once, though it is killed right after the login that ended it, and again without any", async (t) => {
  const { pbx, queue, dir, run } = await setUp(t)
  pbx.options.canList = true
  const { proxy, environment } = await setUpOutage(t, { pbx, queue, dir })
  const say = () => emitMany(pbx, 1, 2)
  await liveOnce(t, { pbx, dir, environment, say, last: "c-1" })
  const die = async (ready: () => boolean) => {
    const child = spawnCollector(environment)
    t.after(() => child.kill("SIGKILL"))
    const exited = once(child, "exit")
    await until(ready)
    child.kill("SIGKILL")
    await exited
  }
  const asked = pbx.actions.length
  await die(() => pbx.actions.slice(asked).includes("OutCampaignShow"))
  const foundUntil = Date.now()
  await pbx.down()
  // With neither PBX nor queue: what it reports now must not count as read.
  await die(() => spooled(dir).includes('"kind":"gap"'))
  await pbx.listen()
  proxy.mode = "ok"
  const collector = await run({ confirmMs: 10 })
  await until(async () => (await queue.read()).gaps.length >= 2)
  await collector.stop()
  await queue.read()
  const spans = new Set(queue.gaps.map(({ from, to }) => `${from}-${to}`))
  const gaps = [...spans].map((span) => span.split("-").map(Number) as [number, number])
  const [earlier, later, ...others] = gaps.sort(([a], [b]) => a - b)
  assert.deepEqual(others, [])
  assert.ok(later![0] >= earlier![1], "side by side, not one over the other")
  assert.ok(later![0] <= foundUntil, "from when the PBX was last read")
})

test("sends what is left in the spool at SIGTERM, and exits with 0", async (t) => {
  const { pbx, queue, dir } = await setUp(t)
  const child = spawnCollector(collectorEnvironment(pbx, queue, dir))
  t.after(() => child.kill("SIGKILL"))
  const exited = once(child, "exit")
  await until(() => pbx.sessionCount > 0)
  emitMany(pbx, 0, 500)
  child.kill("SIGTERM")
  assert.deepEqual(await exited, [0, null])
  await queue.read()
  assert.deepEqual(sorted(uuidsOf(queue)), uuids(0, queue.events.length))
  assert.equal(queue.heartbeats.at(-1)?.connectedSince, null)
})
