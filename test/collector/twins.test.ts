import assert from "node:assert/strict"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { connect, createServer, type AddressInfo, type Socket } from "node:net"
import { test, type TestContext } from "node:test"
import { identify } from "@ringback/events/identity"
import {
  collectorEnvironment,
  IngestQueue,
  makeSpoolDir,
  runCollector,
  spawnCollector,
} from "../harness/collector.ts"
import { Pbx } from "../harness/pbx.ts"
import { startQueueProxy } from "../harness/queue-proxy.ts"
import { until } from "../harness/until.ts"

/** A way to the PBX that can be cut. */
async function startWire(t: TestContext, pbx: Pbx) {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(pbx.target.port, pbx.target.host)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on("error", () => {}).on("close", () => (sockets.delete(from), to.destroy()))
      from.pipe(to)
    }
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  t.after(() => {
    server.close()
    cut()
  })
  const { port } = server.address() as AddressInfo
  return { cut, target: { ...pbx.target, port } }
}

async function setUp(t: TestContext) {
  const pbx = await Pbx.start({ hasTimestamps: true })
  const queue = await IngestQueue.start()
  t.after(async () => {
    await pbx.close()
    await queue.close()
  })
  return { pbx, queue }
}

test("twins on flapping connections bring every event, the same in both copies, while one of them reads", async (t) => {
  const { pbx, queue } = await setUp(t)
  const twins = await Promise.all(
    [0, 1].map(async () => {
      const spool = makeSpoolDir()
      const wire = await startWire(t, pbx)
      const collector = await runCollector(pbx, queue, spool.dir, {
        ami: wire.target,
        tuning: { backoffMinMs: 20, backoffMaxMs: 200 },
      })
      t.after(async () => {
        await collector.stop()
        spool.remove()
      })
      await collector.ready
      return { wire, collector }
    }),
  )
  let isOver = false
  const flapping = (async () => {
    for (let turn = 0; !isOver; turn++) {
      const { wire, collector } = twins[turn % 2]!
      const other = twins[(turn + 1) % 2]!.collector
      const { sessions } = collector.status()
      wire.cut()
      await until(() => {
        const status = collector.status()
        return status.sessions > sessions && status.session === "connected"
      })
      // What was said before this login may still be on its way to the other one, whose turn is next.
      const { OutPlanUpdate: seen = 0 } = other.status().events
      pbx.emit("OutPlanUpdate", [["Uuid", `turn-${turn}`]])
      await until(() => (other.status().events["OutPlanUpdate"] ?? 0) > seen)
    }
  })()
  let said = 0
  const isEnough = () =>
    said >= 1_000 && twins.every(({ collector }) => collector.status().sessions > 3)
  for (; !isEnough(); said++) {
    // Without a version of its own: only its Timestamp tells one from another.
    pbx.emit("OutQueueUpdate", [
      ["Uuid", `q-${said % 7}`],
      ["Status", String(said)],
    ])
    if (said % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  isOver = true
  await flapping
  const statusOf = (message: (typeof queue.events)[number]) => message.headers.at(-1)![1]
  const updates = () => queue.events.filter(({ headers }) => headers[0]![1] === "OutQueueUpdate")
  await until(async () => new Set((await queue.read()) && updates().map(statusOf)).size === said)
  const identities = new Map<string, string>()
  for (const message of updates()) {
    const { hash, timeNanos } = identify(message)
    identities.set(`${timeNanos} ${hash.toString("hex")}`, statusOf(message))
  }
  assert.equal(identities.size, said, "both copies of an event are known by the same")
})

test("loses nothing at 500 events a second while the queue is away and it is killed twice, and sends the oldest first", async (t) => {
  const { pbx, queue } = await setUp(t)
  const proxy = await startQueueProxy(queue.url)
  t.after(proxy.close)
  proxy.mode = "down"
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const environment = {
    ...collectorEnvironment(pbx, queue, dir),
    RINGBACK_INGEST_QUEUE_URL: proxy.url,
  }
  const outageSeconds = Number(process.env["RINGBACK_TEST_OUTAGE_SECONDS"] ?? 3)
  let sent = 0
  const emitFor = async (seconds: number) => {
    const startedAt = performance.now()
    for (let emitted = 0; emitted < 500 * seconds;) {
      const due = Math.min(500 * seconds, Math.ceil((performance.now() - startedAt) / 2))
      for (; emitted < due; emitted++)
        pbx.emit("OutPlanUpdate", [
          ["Uuid", "p"],
          ["Detail", String(sent++)],
        ])
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const run = async (seconds: number) => {
    const child = spawnCollector(environment)
    t.after(() => child.kill("SIGKILL"))
    const exited = once(child, "exit")
    await until(() => pbx.sessionCount === 1)
    await emitFor(seconds)
    return { child, exited }
  }
  for (let kill = 0; kill < 2; kill++) {
    const { child, exited } = await run(outageSeconds / 3)
    // What is not on the disk yet is lost by the kill: that is what a gap is for.
    const last = `["Detail","${sent - 1}"]`
    const segments = () => readdirSync(dir).filter((name) => name.endsWith(".log"))
    await until(() => segments().some((name) => readFileSync(join(dir, name)).includes(last)))
    child.kill("SIGKILL")
    await exited
    await until(() => pbx.sessionCount === 0)
  }
  const { child, exited } = await run(outageSeconds / 3)
  proxy.mode = "ok"
  const numbers = () => queue.events.map(({ headers }) => Number(headers.at(-1)![1]))
  await until(async () => new Set((await queue.read()) && numbers()).size === sent, {
    seconds: 60 + 2 * outageSeconds,
  })
  child.kill("SIGTERM")
  await exited
  const inOrder = numbers()
  for (const [index, number] of inOrder.entries()) {
    assert.ok(
      number > Math.max(...inOrder.slice(Math.max(0, index - 500), index), 0) - 100,
      "oldest first",
    )
  }
  await queue.read()
  assert.equal(queue.gaps.filter(({ reason }) => reason === "restarted").length, 2)
})
