import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs"
import { open } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { jsonOf, type SpoolRecord } from "@ringback/collector/spool/record"
import { Spool } from "@ringback/collector/spool/spool"
import type { SpoolOptions } from "@ringback/collector/spool/spool-options"
import { isSafe } from "@ringback/collector/spool/send-window"
import { until } from "../harness/until.ts"

// The spool on a disk that takes nothing, or is slow: it goes on from memory.

const root = mkdtempSync(join(tmpdir(), "ringback-memory-"))
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
const openSpool = (dir: string, options: Partial<SpoolOptions> = {}) =>
  Spool.open({ dir, maxBytes: 1e9, acknowledged: 0, saveAcknowledged() {}, ...options })

/** Lets the disk do what was asked of it. */
const settled = (spool: Spool) => until(() => spool.oldestUnsavedAt === null)

test("a message that the queue took while the disk still writes it has no age", async () => {
  const spool = await openSpool(makeDir())
  const there = spool.available()
  spool.append(message(1))
  await there
  spool.append(message(2))
  spool.done(spool.take(1, 1e6))
  assert.deepEqual([spool.oldestReceivedAt, spool.oldestUnsavedAt], [1_002, 1_001])
  await spool.flush()
  assert.deepEqual([spool.oldestReceivedAt, spool.oldestUnsavedAt], [1_002, null])
  await spool.close()
})

test("a directory that is not ours is not written to: all goes by way of memory", async () => {
  const dir = makeDir()
  const troubles: (string | null)[] = []
  const spool = await openSpool(dir, {
    isWritable: false,
    onDisk: (trouble) => troubles.push(trouble && trouble.message),
  })
  assert.match(spool.diskTrouble!.message, /not writable/)
  for (const number of range(0, 20)) assert.ok(spool.append(message(number)))
  const taken = spool.take(100, 1e6)
  assert.deepEqual(taken.map(numberOf), range(0, 20))
  assert.ok(!taken.some(isSafe))
  spool.done(taken)
  assert.deepEqual([spool.depth, taken.every(isSafe)], [0, true])
  await spool.flush()
  await spool.close()
  assert.deepEqual([readdirSync(dir), troubles], [[], []])
})

test("what waits on the disk leaves before what waits in memory", async () => {
  const dir = makeDir()
  const first = await openSpool(dir)
  // Each is more than is read from the disk at once.
  for (const number of range(0, 3)) first.append(message(number, 900_000))
  await first.flush()
  await first.close()
  const second = await openSpool(dir, { isWritable: false })
  second.append(message(3))
  const numbers: number[] = []
  while (numbers.length < 4) {
    const taken = second.take(10, 1e9)
    if (taken.length === 0) await second.available()
    numbers.push(...taken.map(numberOf))
    second.done(taken)
  }
  assert.deepEqual(numbers, range(0, 4))
  await second.close()
})

test("while the disk refuses, a message can be taken as soon as it is there, however many wait", async (t) => {
  const dir = makeDir()
  symlinkSync("/dev/full", segmentOf(dir))
  const spool = await openSpool(dir)
  spool.append(message(0))
  await spool.flush()
  assert.ok(spool.diskTrouble)
  t.mock.timers.enable({ apis: ["setTimeout"] })
  assert.deepEqual(spool.take(10, 1e6).map(numberOf), [0])
  const there = spool.available()
  spool.append(message(1))
  await there
  assert.deepEqual(spool.take(10, 1e6).map(numberOf), [1])
  // More than the window holds at once.
  for (const number of range(2, 42)) spool.append(message(number, 500_000))
  const numbers: number[] = []
  for (let taken = [spool.take(5, 1e9)]; taken[0]!.length > 0; taken = [spool.take(5, 1e9)]) {
    numbers.push(...taken[0]!.map(numberOf))
    spool.done(taken[0]!)
  }
  assert.deepEqual(numbers, range(2, 42))
  t.mock.timers.reset()
  await spool.close()
})

test("while the disk refuses and nothing is there, whoever waits is not woken by another who looks", async (t) => {
  const dir = makeDir()
  symlinkSync("/dev/full", segmentOf(dir))
  const spool = await openSpool(dir)
  spool.append(message(0))
  await spool.flush()
  assert.ok(spool.diskTrouble)
  t.mock.timers.enable({ apis: ["setTimeout"] })
  assert.equal(spool.take(10, 1e6).length, 1)
  let woken = 0
  void spool.available().then(() => woken++)
  for (let turn = 0; turn < 3; turn++) {
    assert.equal(spool.take(10, 1e6).length, 0)
    await new Promise(setImmediate)
  }
  assert.equal(woken, 0)
  spool.append(message(1))
  await new Promise(setImmediate)
  assert.equal(woken, 1)
  t.mock.timers.reset()
  await spool.close()
})

async function flushFile(path: string) {
  const file = await open(path, "w")
  await file.write("x")
  await file.datasync()
  await file.close()
}

test("a disk that refuses is asked again every second", async (t) => {
  const dir = makeDir()
  symlinkSync("/dev/full", segmentOf(dir))
  const spool = await openSpool(dir)
  t.mock.timers.enable({ apis: ["setTimeout"] })
  spool.append(message(0))
  t.mock.timers.tick(10)
  await until(() => spool.diskTrouble !== null)
  rmSync(segmentOf(dir))
  await new Promise(setImmediate)
  spool.append(message(1))
  t.mock.timers.tick(999)
  // Longer than an attempt takes.
  for (let count = 0; count < 20; count++) await flushFile(join(dir, "another"))
  assert.ok(spool.diskTrouble)
  t.mock.timers.tick(1)
  t.mock.timers.reset()
  await until(() => spool.diskTrouble === null)
  await settled(spool)
  await spool.close()
})
