import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { SQSClient } from "@aws-sdk/client-sqs"
import { makeEnvelope } from "@ringback/collector/envelope"
import { Coverage } from "@ringback/collector/gaps/coverage"
import { Losses } from "@ringback/collector/gaps/losses"
import { OpenGaps } from "@ringback/collector/gaps/open-gaps"
import { ageSeconds, Progress, readUntilOf } from "@ringback/collector/progress"
import { openStorage } from "@ringback/collector/spool/storage"
import { makeSourceKey } from "@ringback/events/token"

// How far a collector has read its PBX, as the next run learns it.

const root = mkdtempSync(join(tmpdir(), "ringback-progress-"))
after(() => rmSync(root, { recursive: true }))
const makeDir = () => mkdtempSync(join(root, "d"))

async function startRun(dir: string) {
  const now = () => 0
  const storage = await openStorage({ dir, maxBytes: 1e6, log: () => {}, now })
  const since = storage.state.get("readSince")
  const before = { until: readUntilOf(storage), since: since && Number(since) }
  const coverage = new Coverage(before.until, before.since || undefined)
  const losses = new Losses(() => {})
  const disk = { isFull: false }
  const attempt = (write: () => void) => {
    if (!disk.isFull) write()
  }
  const openGaps = new OpenGaps(storage.state, attempt)
  const read = { at: null as number | null }
  const token = { tenant: "t", source: "s", ...makeSourceKey() }
  const progress = new Progress({
    storage,
    coverage,
    losses,
    openGaps,
    envelope: makeEnvelope({ tenant: "t", source: "s", collector: "c" }),
    sqs: new SQSClient({ region: "eu-central-1" }),
    queueUrl: "http://127.0.0.1:9/q/q",
    signingKey: () => token,
    lastReadAt: () => read.at,
    now,
  })
  return { before, storage, coverage, losses, disk, openGaps, read, progress }
}
const message = (receivedAt: number, kind = "event") =>
  JSON.stringify({ v: 1, kind, receivedAt, id: "A".repeat(22) })

test("the next run knows until when this one read, and since when", async () => {
  const dir = makeDir()
  const first = await startRun(dir)
  assert.deepEqual(first.before, { until: null, since: undefined })
  first.progress.remember()
  assert.equal(first.storage.state.get("readUntil"), undefined, "nothing was read yet")
  first.coverage.open(1_000)
  first.read.at = 5_000
  first.progress.remember()
  await first.storage.close()
  const second = await startRun(dir)
  assert.deepEqual(second.before, { until: 5_000, since: 1_000 })
  second.coverage.open(8_000)
  second.read.at = 9_000
  second.progress.remember()
  await second.storage.close()
  const third = await startRun(dir)
  assert.deepEqual(third.before, { until: 9_000, since: 8_000 })
  await third.storage.close()
})

test("a message in the spool is later than what was saved; a gap's report says nothing of reading", async () => {
  const dir = makeDir()
  const first = await startRun(dir)
  first.storage.spool.append(message(3_000))
  await first.storage.close()
  const second = await startRun(dir)
  assert.equal(second.before.until, 3_000, "nothing was saved")
  second.coverage.open(4_000)
  second.read.at = 5_000
  second.progress.remember()
  second.storage.spool.append(message(6_000))
  second.storage.spool.append(message(7_000, "gap"))
  await second.storage.close()
  const third = await startRun(dir)
  assert.equal(third.before.until, 6_000)
  await third.storage.close()
})

test("what is not on the disk yet was not read, and a loss ends the time since when all is there", async () => {
  const dir = makeDir()
  const { coverage, losses, read, progress, storage } = await startRun(dir)
  coverage.open(1_000)
  read.at = 5_000
  storage.spool.append(message(4_000))
  progress.remember()
  assert.equal(storage.state.get("readUntil"), "4000")
  await storage.spool.flush()
  progress.remember()
  assert.equal(storage.state.get("readUntil"), "5000")
  assert.equal(storage.state.get("readSince"), "1000")
  losses.note("oversized", 4_400)
  assert.equal(progress.lostAt, undefined)
  losses.note("spool-full", 4_500)
  assert.equal(progress.lostAt, 4_500)
  progress.remember()
  assert.equal(storage.state.get("readSince"), "4500")
  losses.note("spool-full", 6_000)
  progress.remember()
  assert.equal(storage.state.get("readSince"), "4500", "nothing is covered since the loss")
  await storage.close()
})

test("nothing newer than a gap is saved while the gap is not", async () => {
  const { coverage, disk, openGaps, read, progress, storage } = await startRun(makeDir())
  coverage.open(1_000)
  read.at = 2_000
  progress.remember()
  disk.isFull = true
  openGaps.keep({ id: "g", reason: "spool-full", from: 1_500, to: null })
  read.at = 3_000
  progress.remember()
  assert.equal(storage.state.get("readUntil"), "2000")
  disk.isFull = false
  progress.remember()
  assert.equal(storage.state.get("readUntil"), "3000")
  await storage.close()
})

test("what was read by a process that had been suspended may be old: the next run begins before that", async () => {
  const dir = makeDir()
  const first = await startRun(dir)
  first.coverage.open(1_000)
  first.read.at = 2_000
  first.progress.remember()
  first.progress.noteStall(2_500)
  first.progress.noteStall(2_700)
  first.storage.spool.append(message(9_000))
  await first.storage.close()
  const second = await startRun(dir)
  assert.equal(second.before.until, 2_500, "the earliest of them")
  second.progress.noteStall(2_600)
  second.coverage.open(2_700)
  second.read.at = 2_500
  second.progress.remember()
  assert.equal(second.storage.state.get("stalledAt"), "2500", "not read beyond it yet")
  second.read.at = 2_501
  await second.storage.spool.flush()
  second.progress.remember()
  assert.equal(second.storage.state.get("stalledAt"), "")
  await second.storage.close()
  const third = await startRun(dir)
  assert.equal(third.before.until, 9_000)
  await third.storage.close()
})

test("what was sent is saved with how far was read, so that a run that is killed sends it once", async () => {
  const { progress, read, coverage, storage } = await startRun(makeDir())
  storage.spool.append(message(1_000))
  await storage.spool.flush()
  storage.spool.done(storage.spool.take(10, 1e6))
  coverage.open(1_000)
  read.at = 1_000
  const acknowledged = () => Number(storage.state.get("acknowledged") ?? 0)
  assert.equal(acknowledged(), 0)
  progress.remember()
  assert.ok(acknowledged() > 0)
  assert.deepEqual(
    [storage.state.get("readSince"), storage.state.get("readUntil")],
    ["1000", "1000"],
  )
  await storage.close()
})

test("the age of a spool is that of its oldest message, and never negative", () => {
  assert.equal(ageSeconds(null, 5_000), 0)
  assert.equal(ageSeconds(3_500, 5_000), 1.5)
  assert.equal(ageSeconds(6_000, 5_000), 0)
})
