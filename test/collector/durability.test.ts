import assert from "node:assert/strict"
import {
  appendFileSync,
  fstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test, type TestContext } from "node:test"
import { quarantine } from "@ringback/collector/quarantine"
import { jsonOf, type SpoolRecord } from "@ringback/collector/spool/record"
import { Spool } from "@ringback/collector/spool/spool"
import { openState } from "@ringback/collector/state"

const root = mkdtempSync(join(tmpdir(), "ringback-durability-"))
after(() => rmSync(root, { recursive: true }))

const makeDir = () => mkdtempSync(join(root, "s"))
const message = (number: number, kind = "event") =>
  JSON.stringify({ v: 1, kind, receivedAt: 1_000_000 + number, number })
const numberOf = (line: SpoolRecord) => (JSON.parse(jsonOf(line)) as { number: number }).number
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const segmentOf = (dir: string) => join(dir, `${"0".repeat(16)}.log`)

async function openSpool(dir: string, kept = { acknowledged: 0 }) {
  const { acknowledged } = kept
  const saveAcknowledged = (position: number) => (kept.acknowledged = position)
  const spool = await Spool.open({ dir, maxBytes: 1e9, acknowledged, saveAcknowledged })
  return { spool, kept }
}

test("a later batch that is acknowledged while the disk recovers does not take an earlier one with it", async () => {
  const dir = makeDir()
  symlinkSync("/dev/full", segmentOf(dir))
  const { spool, kept } = await openSpool(dir)
  for (const number of range(0, 20)) spool.append(message(number))
  await spool.flush()
  const [earlier, later] = [spool.take(10, 1e6), spool.take(10, 1e6)]
  assert.deepEqual([...earlier, ...later].map(numberOf), range(0, 20))
  unlinkSync(segmentOf(dir))
  const flushed = spool.flush()
  spool.done(later)
  await flushed
  assert.equal(spool.diskTrouble, null)
  await spool.close()
  // The earlier batch was under way when the process ended.
  const again = await openSpool(dir, kept)
  assert.deepEqual(again.spool.take(20, 1e6).map(numberOf).slice(0, 10), range(0, 10))
  await again.spool.close()
})

test("what a crash left behind the last good record is damage once", async () => {
  const dir = makeDir()
  const first = await openSpool(dir)
  first.spool.append(message(0))
  await first.spool.close()
  // Longer than what is written over it.
  appendFileSync(segmentOf(dir), "x".repeat(10_000))
  const second = await openSpool(dir)
  assert.equal(second.spool.damages.length, 1)
  second.spool.append(message(1))
  await second.spool.close()
  const third = await openSpool(dir)
  assert.deepEqual(third.spool.damages, [])
  assert.deepEqual(third.spool.take(10, 1e6).map(numberOf), [0, 1])
  await third.spool.close()
})

test("a torn end behind what was acknowledged takes none of that back", async () => {
  const dir = makeDir()
  const first = await openSpool(dir)
  for (const number of range(0, 5)) first.spool.append(message(number))
  await first.spool.flush()
  first.spool.done(first.spool.take(5, 1e6))
  await first.spool.close()
  const good = statSync(segmentOf(dir)).size
  assert.equal(first.kept.acknowledged, good)
  appendFileSync(segmentOf(dir), "torn")
  const second = await openSpool(dir, first.kept)
  assert.equal(second.spool.depth, 0)
  second.spool.append(message(5))
  await second.spool.flush()
  assert.deepEqual(readdirSync(dir), [`${"0".repeat(16)}.log`])
  await second.spool.close()
  const third = await openSpool(dir, second.kept)
  assert.deepEqual(third.spool.take(10, 1e6).map(numberOf), [5])
  await third.spool.close()
})

test("an acknowledged position beyond the end gives what follows places of its own", async () => {
  const dir = makeDir()
  const first = await openSpool(dir)
  for (const number of range(0, 5)) first.spool.append(message(number))
  await first.spool.flush()
  await first.spool.close()
  // The state outlived the end of the file.
  const acknowledged = statSync(segmentOf(dir)).size + 1_000
  const second = await openSpool(dir, { acknowledged })
  assert.deepEqual([second.spool.depth, second.spool.bytes], [0, 0])
  second.spool.append(message(5))
  await second.spool.flush()
  const taken = second.spool.take(10, 1e6)
  assert.ok(taken[0]!.end > acknowledged)
  second.spool.done(taken)
  assert.equal(second.kept.acknowledged, taken[0]!.end)
  await second.spool.close()
})

test("a report of a gap is no sign that the PBX was read when it was written", async () => {
  const dir = makeDir()
  const first = await openSpool(dir)
  first.spool.append(message(1))
  first.spool.append(message(900, "gap"), true)
  await first.spool.close()
  const second = await openSpool(dir)
  assert.equal(second.spool.lastReceivedAt, 1_000_001)
  await second.spool.close()
})

type Prototype = Pick<FileHandle, "write" | "datasync" | "sync">

/** What a power cut would take: bytes written and not flushed, and names of files whose directory was not. */
async function watchDisk(t: TestContext, dir: string) {
  const probe = await open(dir, "r")
  const prototype = Object.getPrototypeOf(probe) as Prototype
  await probe.close()
  const { write, datasync, sync } = prototype
  const unflushed = new Set<number>()
  const named = new Set<string>()
  t.mock.method(
    prototype,
    "write",
    async function (this: FileHandle, ...args: Parameters<typeof write>) {
      unflushed.add(fstatSync(this.fd).ino)
      return write.apply(this, args)
    },
  )
  t.mock.method(prototype, "datasync", async function (this: FileHandle) {
    const { ino } = fstatSync(this.fd)
    await datasync.call(this)
    unflushed.delete(ino)
  })
  t.mock.method(prototype, "sync", async function (this: FileHandle) {
    const names = fstatSync(this.fd).isDirectory() ? readdirSync(dir) : []
    await sync.call(this)
    for (const name of names) named.add(name)
  })
  return () => ({
    bytes: unflushed.size,
    names: readdirSync(dir).filter((name) => !named.has(name)),
  })
}

test("nothing is handed on for sending that a power cut could take: bytes and file names are flushed before", async (t) => {
  const dir = makeDir()
  const lost = await watchDisk(t, dir)
  const { spool } = await openSpool(dir)
  const padding = "x".repeat(500_000)
  let taken = 0
  // Over 8 MB: a second file is begun.
  for (const number of range(0, 20)) {
    spool.append(JSON.stringify({ v: 1, kind: "event", receivedAt: 1, number, padding }))
    await spool.flush()
    const entries = spool.take(10, 1e9)
    taken += entries.length
    assert.equal(entries.length, 1)
    assert.deepEqual(lost(), { bytes: 0, names: [] }, `message ${number}`)
  }
  assert.equal(taken, 20)
  assert.ok(readdirSync(dir).length > 1)
  await spool.close()
})

test("what the queue refused, and what the collector remembers, is for its own user alone", (t) => {
  const before = process.umask(0)
  t.after(() => process.umask(before))
  const dir = makeDir()
  const refusal = { code: "InvalidMessageContents", message: "" }
  const file = quarantine(dir, '{"id":"a"}', refusal, 0)!
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
  assert.equal(modeOf(file), "600")
  assert.equal(modeOf(join(dir, "quarantine")), "700")
  const state = openState(dir, 0)
  state.set("name", "value")
  const names = readdirSync(dir).filter((name) => name.startsWith("state.sqlite"))
  assert.ok(names.length > 1, "its log is there too")
  assert.deepEqual(new Set(names.map((name) => modeOf(join(dir, name)))), new Set(["600"]))
  state.close()
})
