import assert from "node:assert/strict"
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { until } from "../harness/until.ts"
import { makeDir, message, numberOf, openSpool, drain, range } from "./numbered-spool.ts"

test("gives in order what was appended, once it is on the disk", async () => {
  const { spool } = await openSpool(makeDir())
  for (const number of range(0, 1_000)) assert.ok(spool.append(message(number)))
  assert.equal(spool.take(10, 1e6).length, 0)
  await spool.flush()
  assert.deepEqual(await drain(spool), range(0, 1_000))
  assert.equal(spool.depth, 0)
  await spool.close()
})

test("goes on where it was after a restart, acknowledged messages left out", async () => {
  const dir = makeDir()
  const first = await openSpool(dir)
  for (const number of range(0, 100)) first.spool.append(message(number))
  await first.spool.flush()
  first.spool.done(first.spool.take(30, 1e6))
  first.spool.take(30, 1e6)
  await first.spool.close()

  const second = await openSpool(dir, first.kept)
  assert.equal(second.spool.depth, 70)
  second.spool.append(message(100))
  await second.spool.flush()
  assert.deepEqual(await drain(second.spool), range(30, 101))
  await second.spool.close()
})

test("keeps what is not acknowledged although later messages are", async () => {
  const dir = makeDir()
  const { spool, kept } = await openSpool(dir)
  for (const number of range(0, 30)) spool.append(message(number))
  await spool.flush()
  const [first, second, third] = [spool.take(10, 1e6), spool.take(10, 1e6), spool.take(10, 1e6)]
  spool.done(third)
  spool.done(second)
  await spool.close()
  const again = await openSpool(dir, kept)
  assert.deepEqual(await drain(again.spool), range(0, 30))
  assert.equal(first.length, 10)
  await again.spool.close()
})

test("keeps a backlog on the disk, not in memory, and deletes its files as they are acknowledged", async () => {
  const dir = makeDir()
  const { spool, kept } = await openSpool(dir)
  const padding = "x".repeat(50_000)
  for (const number of range(0, 1_000)) {
    spool.append(message(number, padding))
    if (number % 100 === 99) await spool.flush()
  }
  assert.ok(readdirSync(dir).length >= 5, "50 MB are several segments")
  assert.deepEqual(await drain(spool), range(0, 1_000))
  await spool.close()
  assert.equal(readdirSync(dir).length, 1)

  // What follows an emptied spool has places of its own.
  const again = await openSpool(dir, kept)
  again.spool.append(message(1_000))
  await again.spool.flush()
  assert.deepEqual(await drain(again.spool), [1_000])
  await again.spool.close()
})

test("refuses what is over its bound, keeps the oldest, and takes again when there is room", async () => {
  const { spool } = await openSpool(makeDir(), { maxBytes: 20_000 })
  const padding = "x".repeat(1_000)
  const kept = range(0, 30).filter((number) => spool.append(message(number, padding)))
  assert.deepEqual(kept, range(0, kept.length))
  assert.ok(kept.length > 15 && kept.length < 20)
  assert.ok(spool.append(message(30), true), "a report always finds room")
  await spool.flush()
  assert.deepEqual(await drain(spool), [...kept, 30])
  assert.ok(spool.append(message(31, padding)))
  await spool.close()
})

test("takes no more bytes at once than asked for, and always one message", async () => {
  const { spool } = await openSpool(makeDir())
  for (const number of range(0, 3)) spool.append(message(number, "x".repeat(1_000)))
  await spool.flush()
  assert.equal(spool.take(10, 10).length, 1)
  assert.equal(spool.take(10, 2_500).length, 2)
  await spool.close()
})

/** A spool of ten messages, its file, and where the last record begins. */
async function makeTen() {
  const dir = makeDir()
  const { spool } = await openSpool(dir)
  for (const number of range(0, 10)) spool.append(message(number, "ü \\ü".repeat(3)))
  await spool.flush()
  await spool.close()
  const name = readdirSync(dir)[0]!
  const bytes = readFileSync(join(dir, name))
  return { name, bytes, lastAt: bytes.subarray(0, -1).lastIndexOf(10) + 1 }
}

test("cuts a tail that is torn at any byte, says so, and goes on behind the last good record", async () => {
  const { name, bytes, lastAt } = await makeTen()
  for (let length = lastAt; length < bytes.length; length++) {
    const dir = makeDir()
    writeFileSync(join(dir, name), bytes.subarray(0, length))
    const { spool } = await openSpool(dir)
    const torn = length - lastAt
    assert.deepEqual(
      spool.damages,
      torn === 0 ? [] : [{ bytes: torn, from: 1_000_008, to: null }],
      `cut after ${length} bytes`,
    )
    spool.append(message(10))
    await spool.flush()
    assert.deepEqual(await drain(spool), [...range(0, 9), 10])
    await spool.close()
  }
})

test("passes over a record that is corrupt at any byte, and over zeros behind the end", async () => {
  const { name, bytes, lastAt } = await makeTen()
  for (let at = lastAt; at < bytes.length; at++) {
    const dir = makeDir()
    const corrupt = Buffer.from(bytes)
    corrupt[at]! ^= 1 << (at % 8)
    writeFileSync(join(dir, name), Buffer.concat([corrupt, Buffer.alloc(at % 3 === 0 ? 4_096 : 0)]))
    const { spool } = await openSpool(dir)
    assert.equal(spool.damages.length, 1, `byte ${at}`)
    spool.append(message(10))
    await spool.flush()
    assert.deepEqual(await drain(spool), [...range(0, 9), 10], `byte ${at}`)
    await spool.close()
  }
})

test("loses only the damaged record in the middle of a file, and knows the times around it", async () => {
  const { name, bytes } = await makeTen()
  const dir = makeDir()
  const fifth = Buffer.from(bytes)
  fifth[fifth.indexOf('"number":5') + 9] = 0x39
  writeFileSync(join(dir, name), fifth)
  const { spool, kept } = await openSpool(dir)
  assert.deepEqual(
    spool.damages.map(({ from, to }) => [from, to]),
    [[1_000_004, 1_000_006]],
  )
  assert.deepEqual(await drain(spool), [0, 1, 2, 3, 4, 6, 7, 8, 9])
  assert.equal(kept.acknowledged, bytes.length)
  await spool.close()
})

test("finds the messages of a copied directory whose state was lost", async () => {
  const { name, bytes } = await makeTen()
  const dir = makeDir()
  const moved = `${"9".padStart(16, "0")}.log`
  writeFileSync(join(dir, name), bytes)
  copyFileSync(join(dir, name), join(dir, moved))
  rmSync(join(dir, name))
  const { spool } = await openSpool(dir)
  assert.deepEqual(await drain(spool), range(0, 10))
  await spool.close()
})

test("never gives a place twice when the acknowledged position lies behind the end", async () => {
  const { name, bytes } = await makeTen()
  const dir = makeDir()
  writeFileSync(join(dir, name), bytes.subarray(0, 50))
  const { spool, kept } = await openSpool(dir, { acknowledged: bytes.length })
  assert.equal(spool.depth, 0)
  spool.append(message(10))
  await spool.flush()
  await spool.close()
  const again = await openSpool(dir, kept)
  assert.deepEqual(await drain(again.spool), [10])
  await again.spool.close()
})

test("goes on from memory while the disk is full, and writes again when it is not", async () => {
  const dir = makeDir()
  // A device that has no room: every write to the first segment fails as on a full disk.
  symlinkSync("/dev/full", join(dir, `${"0".repeat(16)}.log`))
  const turns: (string | null)[] = []
  const { spool, kept } = await openSpool(dir, {
    onDisk: (trouble) => turns.push(trouble && trouble.message),
  })
  for (const number of range(0, 100)) assert.ok(spool.append(message(number)))
  await spool.flush()
  assert.equal(turns.length, 1)
  assert.ok(spool.diskTrouble)
  const sent = spool.take(40, 1e6)
  assert.deepEqual(sent.map(numberOf), range(0, 40))
  spool.done(sent)
  const underWay = spool.take(10, 1e6)

  unlinkSync(join(dir, `${"0".repeat(16)}.log`))
  await until(() => spool.diskTrouble === null)
  spool.done(underWay)
  for (const number of range(100, 110)) spool.append(message(number))
  await spool.flush()
  assert.deepEqual(await drain(spool, false), range(50, 110))
  assert.equal(turns.at(-1), null)
  await spool.close()

  const again = await openSpool(dir, kept)
  assert.deepEqual(await drain(again.spool), range(50, 110))
  await again.spool.close()
})

test("bounds what it keeps in memory for a disk that stays full", async () => {
  const dir = makeDir()
  symlinkSync("/dev/full", join(dir, `${"0".repeat(16)}.log`))
  const { spool } = await openSpool(dir)
  const padding = "x".repeat(100_000)
  const taken = range(0, 1_000).filter((number) => spool.append(message(number, padding)))
  assert.ok(taken.length > 500 && taken.length < 700, String(taken.length))
  await spool.close()
})
