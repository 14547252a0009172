import assert from "node:assert/strict"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import {
  collectorEnvironment,
  IngestQueue,
  makeSpoolDir,
  spawnCollector,
} from "../harness/collector.ts"
import { Pbx } from "../harness/pbx.ts"
import { startQueueProxy } from "../harness/queue-proxy.ts"
import { until } from "../harness/until.ts"

const OUTAGE_SECONDS = Number(process.env["RINGBACK_TEST_OUTAGE_SECONDS"] ?? 3)
const RATE = 500
const MAX_MEGABYTES = 300

/** The most memory that a process ever held; 0 where the system does not tell. */
function peakMegabytes({ pid }: ChildProcess): number {
  const path = `/proc/${pid}/status`
  const found = existsSync(path) && /VmHWM:\s*(\d+) kB/.exec(readFileSync(path, "utf8"))
  return found ? Math.round(Number(found[1]) / 1024) : 0
}

/** By how many places anything was overtaken by what came after it. */
function farthestOvertaking(numbers: number[]): number {
  let newest = -1
  let farthest = 0
  for (const number of numbers) {
    newest = Math.max(newest, number)
    farthest = Math.max(farthest, newest - number)
  }
  return farthest
}

test("loses nothing at 500 events a second while the queue is away and it is killed twice, sends the oldest first, in bounded memory", async (t) => {
  const pbx = await Pbx.start({ hasTimestamps: true })
  const queue = await IngestQueue.start()
  const proxy = await startQueueProxy(queue.url)
  const { dir, remove } = makeSpoolDir()
  t.after(async () => {
    await proxy.close()
    await pbx.close()
    await queue.close()
    remove()
  })
  proxy.mode = "down"
  const environment = {
    ...collectorEnvironment(pbx, queue, dir),
    RINGBACK_INGEST_QUEUE_URL: proxy.url,
  }
  const peaks: number[] = []
  let said = 0
  const sayFor = async (seconds: number) => {
    const startedAt = performance.now()
    const end = said + Math.round(RATE * seconds)
    for (const start = said; said < end; await wait(5)) {
      const due = start + Math.ceil(((performance.now() - startedAt) * RATE) / 1000)
      for (; said < Math.min(due, end); said++) {
        pbx.emit("OutPlanUpdate", [
          ["Uuid", "p"],
          ["Detail", String(said)],
        ])
      }
      // The simulator's own memory is not what is looked at.
      pbx.history.length = 0
    }
  }
  const run = async () => {
    const child = spawnCollector(environment)
    t.after(() => child.kill("SIGKILL"))
    child.stdout!.resume()
    const exited = once(child, "exit")
    await until(() => pbx.sessionCount === 1)
    await sayFor(OUTAGE_SECONDS / 3)
    return { child, exited }
  }
  for (let kill = 0; kill < 2; kill++) {
    const { child, exited } = await run()
    // What is not on the disk yet is lost by the kill: that is what a gap is for.
    const last = `["Detail","${said - 1}"]`
    const segments = () => readdirSync(dir).filter((name) => name.endsWith(".log"))
    await until(() => segments().some((name) => readFileSync(join(dir, name)).includes(last)))
    peaks.push(peakMegabytes(child))
    child.kill("SIGKILL")
    await exited
    await until(() => pbx.sessionCount === 0)
  }
  const { child, exited } = await run()
  const backAt = performance.now()
  proxy.mode = "ok"
  await until(async () => (await queue.read()).events.length >= said, {
    seconds: 180 + 2 * OUTAGE_SECONDS,
  })
  const drainSeconds = (performance.now() - backAt) / 1000
  peaks.push(peakMegabytes(child))
  child.kill("SIGTERM")
  await exited
  await queue.read()

  const numbers = queue.events.map(({ headers }) => Number(headers.at(-1)![1]))
  const arrived = new Set(numbers)
  const lost = Array.from({ length: said }, (_, number) => number).filter((n) => !arrived.has(n))
  const duplicates = queue.events.length - new Set(queue.events.map(({ id }) => id)).size
  const overtaken = farthestOvertaking(numbers)
  t.diagnostic(
    `${OUTAGE_SECONDS} s: ${said} said, ${lost.length} lost, ${duplicates} twice, overtaken by ${overtaken} at most; ` +
      `peaks of ${peaks.join(", ")} MB; drained in ${drainSeconds.toFixed(1)} s`,
  )
  assert.deepEqual(lost, [])
  assert.equal(new Set(queue.events.map(({ id }) => id)).size, said)
  // Four calls of ten are under way at a time; a call that failed is tried again while three others go on.
  assert.ok(overtaken <= 100, `oldest first, but one was overtaken by ${overtaken}`)
  assert.ok(Math.max(...peaks) < MAX_MEGABYTES, `${peaks.join(", ")} MB`)
  assert.equal(queue.gaps.filter(({ reason }) => reason === "restarted").length, 2)
})
