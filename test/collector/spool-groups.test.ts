import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { open, type FileHandle } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test, type TestContext } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { jsonOf, type SpoolRecord } from "@ringback/collector/spool/record"
import { Spool } from "@ringback/collector/spool/spool"
import type { SpoolOptions } from "@ringback/collector/spool/spool-options"
import { isSafe } from "@ringback/collector/spool/send-window"
import { until } from "../harness/until.ts"

// When the spool writes, how much at once, and what it says of itself meanwhile.

const root = mkdtempSync(join(tmpdir(), "ringback-groups-"))
after(() => rmSync(root, { recursive: true }))

const makeDir = () => mkdtempSync(join(root, "s"))
const message = (number: number, padding = 0) =>
  JSON.stringify({
    v: 1,
    kind: "event",
    receivedAt: 1_000 + number,
    number,
    p: "x".repeat(padding),
  })
const numberOf = (line: SpoolRecord) => (JSON.parse(jsonOf(line)) as { number: number }).number
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const segmentOf = (dir: string, start = 0) => join(dir, `${String(start).padStart(16, "0")}.log`)
const MEGABYTE = 1_048_576

const openSpool = (dir: string, options: Partial<SpoolOptions> = {}) =>
  Spool.open({ dir, maxBytes: 1e9, acknowledged: 0, saveAcknowledged() {}, ...options })

/** How many bytes each flush of a file has put on the disk. */
async function watchFlushes(t: TestContext, dir: string) {
  const probe = await open(dir, "r")
  const prototype = Object.getPrototypeOf(probe) as Pick<FileHandle, "datasync">
  await probe.close()
  const { datasync } = prototype
  const flushed: number[] = []
  let before = 0
  t.mock.method(prototype, "datasync", async function (this: FileHandle) {
    await datasync.call(this)
    const all = readdirSync(dir).filter((name) => name.endsWith(".log"))
    const size = all.reduce((sum, name) => sum + statSync(join(dir, name)).size, 0)
    flushed.push(size - before)
    before = size
  })
  return flushed
}

/** Lets the disk do what was asked of it. */
const settled = (spool: Spool) => until(() => spool.oldestUnsavedAt === null)

test("a message goes to the disk at once, and those that come within 10 ms of that go together", async (t) => {
  const dir = makeDir()
  const spool = await openSpool(dir)
  const flushed = await watchFlushes(t, dir)
  t.mock.method(performance, "now", () => 5_000)
  t.mock.timers.enable({ apis: ["setTimeout"] })
  const saved = async () => {
    while (spool.oldestUnsavedAt !== null) await new Promise(setImmediate)
  }
  spool.append(message(0))
  t.mock.timers.tick(1)
  await saved()
  const { savedTo } = spool
  for (const number of range(1, 50)) spool.append(message(number))
  t.mock.timers.tick(9)
  for (const number of range(50, 100)) spool.append(message(number))
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  assert.equal(spool.savedTo, savedTo)
  t.mock.timers.tick(1)
  await saved()
  assert.equal(flushed.length, 2)
  assert.deepEqual(spool.take(200, 1e6).map(numberOf), range(0, 100))
  t.mock.timers.reset()
  await spool.close()
})

test("half a megabyte waits for nothing, and no more than some 4 MB go to the disk at once", async (t) => {
  const dir = makeDir()
  const spool = await openSpool(dir)
  const flushed = await watchFlushes(t, dir)
  t.mock.timers.enable({ apis: ["setTimeout"] })
  for (const number of range(0, 120)) spool.append(message(number, 100_000))
  t.mock.timers.reset()
  await settled(spool)
  const [first, ...rest] = flushed
  assert.ok(first! >= MEGABYTE / 2 && first! < 0.7 * MEGABYTE, `first ${first}`)
  assert.ok(rest.length >= 2 && rest.length <= 4, `${rest.length} more`)
  for (const bytes of rest) assert.ok(bytes < 4.3 * MEGABYTE, `${bytes}`)
  assert.ok(Math.max(...rest) > 3.9 * MEGABYTE)
  await spool.close()
})

test("a flush is over when all is on the disk that was appended before, in however many groups", async () => {
  const spool = await openSpool(makeDir())
  for (const number of range(0, 120)) spool.append(message(number, 100_000))
  await spool.flush()
  assert.equal(spool.oldestUnsavedAt, null)
  assert.ok(spool.savedTo > 12_000_000)
  await spool.close()
})

test("what nobody flushes comes to the disk by itself, and then can be taken", async () => {
  const spool = await openSpool(makeDir())
  const there = spool.available()
  spool.append(message(1))
  await there
  assert.deepEqual(spool.take(10, 1e6).map(numberOf), [1])
  await spool.close()
})

test("a message is safe once it is on the disk or with the queue, and no sooner", async () => {
  const spool = await openSpool(makeDir())
  const entry = spool.append(message(1))!
  assert.equal(isSafe(entry), false)
  await spool.flush()
  assert.equal(isSafe(entry), true)
  assert.equal(entry.end, spool.savedTo)
  await spool.close()
})

test("the oldest message is told by when it was received, and so is what a crash would take", async () => {
  const spool = await openSpool(makeDir())
  const times = () => [spool.oldestReceivedAt, spool.oldestUnsavedAt]
  assert.deepEqual(times(), [null, null])
  for (const number of range(1, 4)) spool.append(message(number))
  assert.deepEqual(times(), [1_001, 1_001])
  await spool.flush()
  spool.append(message(9))
  assert.deepEqual(times(), [1_001, 1_009])
  const taken = spool.take(2, 1e6)
  assert.deepEqual(times(), [1_001, 1_009], "taken is not done")
  spool.done(taken)
  assert.deepEqual(times(), [1_003, 1_009])
  spool.done(spool.take(1, 1e6))
  assert.deepEqual(times(), [1_009, 1_009])
  await spool.flush()
  spool.done(spool.take(1, 1e6))
  assert.deepEqual(times(), [null, null])
  await spool.close()
})

test("the bound counts every byte on the disk and on its way there, and a report may go over it", async () => {
  const size = message(1, 1_000).length + 10
  const spool = await openSpool(makeDir(), { maxBytes: 3 * size })
  assert.ok(spool.append(message(1, 1_000)))
  await spool.flush()
  assert.equal(spool.bytes, size)
  assert.ok(spool.append(message(2, 1_000)))
  assert.ok(spool.append(message(3, 1_000)))
  assert.equal(spool.bytes, 3 * size)
  assert.equal(spool.append(message(4)), undefined)
  assert.equal(spool.depth, 3)
  assert.ok(spool.append(message(5, 1_000), true))
  assert.deepEqual([spool.depth, spool.bytes], [4, 4 * size])
  await spool.flush()
  spool.done(spool.take(2, 1e6))
  assert.equal(spool.bytes, 2 * size)
  await spool.close()
})

test("a spool without a state begins at its first file, and an empty one at the very first byte", async () => {
  const empty = makeDir()
  const first = await openSpool(empty)
  first.append(message(1))
  await first.close()
  assert.deepEqual(readdirSync(empty), [`${"0".repeat(16)}.log`])
  const { size } = statSync(segmentOf(empty))
  const moved = makeDir()
  writeFileSync(segmentOf(moved, 900), Buffer.alloc(0))
  const second = await openSpool(moved)
  second.append(message(1))
  await second.flush()
  assert.deepEqual([second.bytes, second.savedTo], [size, 900 + size])
  await second.close()
})

test("files that were all acknowledged before a crash are gone once the spool is open", async () => {
  const dir = makeDir()
  const first = await openSpool(dir)
  for (const number of range(0, 30)) {
    first.append(message(number, 500_000))
    await first.flush()
  }
  await first.close()
  const names = readdirSync(dir).sort()
  assert.ok(names.length > 1)
  const acknowledged = Number(names[1]!.slice(0, 16))
  const second = await openSpool(dir, { acknowledged })
  assert.deepEqual(readdirSync(dir).sort(), names.slice(1))
  const next = second.take(1, 1e9)
  assert.ok(next[0]!.end > acknowledged)
  await second.close()
})

test("a spool that was closed plans nothing more", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length
  const before = timers()
  const spool = await openSpool(makeDir())
  spool.append(message(0))
  let isWoken = false
  void spool.available().then(() => (isWoken = true))
  await spool.close()
  await Promise.resolve()
  assert.equal(isWoken, true)
  spool.append(message(1))
  assert.equal(timers(), before)
  // Nor what was planned while it closed.
  const other = await openSpool(makeDir())
  const closing = other.close()
  other.append(message(2))
  assert.equal(timers(), before + 1)
  await closing
  assert.equal(timers(), before)
})

test("what was acknowledged can be saved before the files of it are deleted", async () => {
  const dir = makeDir()
  let acknowledged = 0
  const files = () => readdirSync(dir).length
  const seen: [files: number, acknowledged: number][] = []
  const spool = await openSpool(dir, {
    saveAcknowledged: (position) => (acknowledged = position),
    beforeDrop: () => void seen.push([files(), acknowledged]),
  })
  for (let number = 0; number < 12; number++) {
    spool.append(message(number, 900_000))
    await spool.flush()
  }
  assert.equal(files(), 2)
  const taken = spool.take(12, 2e7)
  const [second] = readdirSync(dir).sort().slice(1)
  const isOfFirst = (entry: (typeof taken)[number]) => entry.end <= parseInt(second!)
  spool.done(taken.filter(isOfFirst).slice(0, -1))
  assert.deepEqual(seen, [], "the first file is still needed")
  await turn()
  spool.done(taken.filter(isOfFirst).slice(-1))
  assert.deepEqual(seen, [[2, parseInt(second!)]])
  await spool.close()
  assert.equal(files(), 1)
})
