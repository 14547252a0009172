import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { makeEnvelope } from "@ringback/collector/envelope"
import { Coverage } from "@ringback/collector/gaps/coverage"
import { Losses } from "@ringback/collector/gaps/losses"
import { OpenGaps } from "@ringback/collector/gaps/open-gaps"
import { Progress } from "@ringback/collector/progress"
import { openStorage } from "@ringback/collector/spool/storage"
import { version } from "@ringback/collector/version"
import { IngestQueue, makeSpoolDir } from "../harness/collector.ts"
import { until } from "../harness/until.ts"

let queue: IngestQueue
before(async () => void (queue = await IngestQueue.start()))
after(() => queue.close())

test("a heartbeat bears what is read now or was read last, and what waits in the spool", async (t) => {
  const { dir, remove } = makeSpoolDir()
  t.after(remove)
  const clock = { now: 60_000 }
  const now = () => clock.now
  const storage = await openStorage({ dir, maxBytes: 1e6, log: () => {}, now })
  t.after(() => storage.close())
  const { spool, state, attempt, collector } = storage
  const coverage = new Coverage(null)
  const losses = new Losses(() => {})
  const { tenant, source } = queue.token
  const progress = new Progress({
    storage,
    coverage,
    losses,
    openGaps: new OpenGaps(state, attempt),
    envelope: makeEnvelope({ tenant, source, collector }),
    sqs: queue.sqs,
    queueUrl: queue.url,
    signingKey: () => queue.token,
    lastReadAt: () => 50_000,
    now,
  })
  let count = 0
  const beat = async () => {
    progress.beat()
    await until(async () => (await queue.read()).heartbeats.length > count)
    const { id: _, run, extra: __, ...heartbeat } = queue.heartbeats[count++]!
    assert.equal(run, queue.heartbeats[0]!.run)
    return heartbeat
  }
  const about = { v: 1, kind: "heartbeat", tenant, source, collector, receivedAt: 60_000, version }
  const empty = { spoolDepth: 0, spoolAgeSeconds: 0 }
  assert.deepEqual(await beat(), { ...about, ...empty, number: 0, connectedSince: null })
  coverage.open(10_000)
  spool.append(JSON.stringify({ v: 1, kind: "event", receivedAt: 57_500, id: "A".repeat(22) }))
  const waiting = { spoolDepth: 1, spoolAgeSeconds: 2.5 }
  const connected = { ...about, ...waiting, connectedSince: 10_000, readUntil: 50_000 }
  assert.deepEqual(await beat(), { ...connected, number: 1 })
  spool.done(spool.take(10, 1e6))
  coverage.lose(40_000)
  const lost = { ...about, ...empty, connectedSince: null, readBefore: [10_000, 40_000] }
  assert.deepEqual(await beat(), { ...lost, number: 2 })
  losses.note("spool-full", 30_000)
  assert.deepEqual(await beat(), { ...lost, number: 3, readBefore: [10_000, 30_000] })
})
