import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { OpenGaps } from "@ringback/collector/gaps/open-gaps"
import { openStorage } from "@ringback/collector/spool/storage"
import { IngestQueue, makeSpoolDir, runCollector } from "../harness/collector.ts"
import { Pbx } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"

let queue: IngestQueue
before(async () => void (queue = await IngestQueue.start()))
after(() => queue.close())

test("a gap that the run before left open ends where that run ended, and its coverage is not continued", async (t) => {
  const pbx = await Pbx.start({ hasTimestamps: true, canList: true })
  const { dir, remove } = makeSpoolDir()
  t.after(async () => {
    await pbx.close()
    remove()
  })
  const now = Date.now()
  const [since, from, ended] = [now - 90_000, now - 60_000, now - 30_000]
  const storage = await openStorage({ dir, maxBytes: 1e6, log: () => {}, now: () => now })
  new OpenGaps(storage.state, storage.attempt).keep({
    id: "left",
    reason: "spool-full",
    from,
    to: null,
  })
  storage.remember("readSince", String(since))
  storage.remember("readUntil", String(ended))
  await storage.close()
  const collector = await runCollector(pbx, queue, dir, { confirmMs: 1 })
  await collector.ready
  await until(async () => (await queue.read()).gaps.length === 2)
  const left = queue.gaps.find(({ id }) => id === "left")!
  assert.deepEqual([left.reason, left.from, left.to], ["spool-full", from, ended])
  const restarted = queue.gaps.find(({ reason }) => reason === "restarted")!
  assert.deepEqual([restarted.from, restarted.since], [ended, undefined])
  await collector.stop()
})
