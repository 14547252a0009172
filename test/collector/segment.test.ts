import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { after, test } from "node:test"
import {
  isIntact,
  isReport,
  joinRecords,
  jsonOf,
  type SpoolRecord,
  RecordWriter,
  receivedAtOf,
  sizeOf,
} from "@ringback/collector/spool/record"
import { recoverSegments } from "@ringback/collector/spool/recovery"
import { SegmentFiles } from "@ringback/collector/spool/segment-files"
import { listSegments, readRecords, segmentPath } from "@ringback/collector/spool/segment"

const root = mkdtempSync(join(tmpdir(), "ringback-segment-"))
after(() => rmSync(root, { recursive: true }))
const makeDir = () => mkdtempSync(join(root, "s"))

const json = (number: number, padding = 0, kind = "event") =>
  JSON.stringify({ v: 1, kind, receivedAt: 1_000 + number, number, p: "x".repeat(padding) })
const lineOf = (text: string) => {
  const { bytes, from, to } = new RecordWriter().write(text)
  return Buffer.from(bytes.subarray(from, to))
}
const whole = (bytes: Buffer): SpoolRecord => ({ bytes, from: 0, to: bytes.length })

test("a line is its checksum, its JSON and a line feed, and is intact as it was written alone", () => {
  const bytes = lineOf(json(7))
  assert.match(bytes.toString(), /^[0-9a-f]{8} \{.*\}\n$/)
  assert.ok(isIntact(whole(bytes)))
  assert.equal(jsonOf(whole(bytes)), json(7))
  assert.equal(receivedAtOf(whole(bytes)), 1_007)
  assert.equal(sizeOf(whole(bytes)), json(7).length + 10)
  for (const broken of [
    bytes.subarray(0, -1),
    bytes.subarray(1),
    Buffer.from("\n"),
    Buffer.from("00000000 "),
    Buffer.from(bytes.toString().replace(" ", "_")),
    Buffer.from(bytes.toString().replace("\n", " ")),
  ])
    assert.ok(!isIntact(whole(broken)), broken.toString())
  // The shortest that may be, of no JSON at all.
  assert.ok(isIntact(whole(Buffer.from("00000000 \n"))))
  assert.equal(receivedAtOf(whole(lineOf('{"v":1}'))), 0)
})

test("a spool appends to the file that it has open, and opens it for no record anew", async (t) => {
  const dir = makeDir()
  const files = new SegmentFiles(dir, [], 0, 1e6)
  t.after(() => files.close())
  await files.append([lineOf(json(0))])
  // What is open is still written to under its new name.
  const path = segmentPath(dir, 0)
  renameSync(path, `${path}.moved`)
  await files.append([lineOf(json(1))])
  assert.deepEqual(readdirSync(dir), [basename(`${path}.moved`)])
  assert.equal(statSync(`${path}.moved`).size, files.end)
})

test("a report is known by its first words", () => {
  assert.ok(isReport(whole(lineOf(json(1, 0, "gap")))))
  assert.ok(!isReport(whole(lineOf(json(1)))))
  assert.ok(!isReport(whole(lineOf('{"kind":"gap","v":1}'))))
})

test("lines that were written one behind the other are one piece, others are not", () => {
  const writer = new RecordWriter()
  const [a, b, c] = [1, 2, 3].map((number) => writer.write(json(number))) as [
    SpoolRecord,
    SpoolRecord,
    SpoolRecord,
  ]
  const other = whole(lineOf(json(4)))
  const text = (pieces: Buffer[]) => Buffer.concat(pieces).toString()
  assert.equal(joinRecords([a, b, c]).length, 1)
  assert.equal(joinRecords([a, c]).length, 2)
  assert.equal(joinRecords([a, other, b]).length, 3)
  assert.deepEqual(joinRecords([]), [])
  for (const lines of [[a, b, c], [a, c], [other, b, c], [c]])
    assert.equal(
      text(joinRecords(lines)),
      lines.map(({ bytes, from, to }) => bytes.toString("latin1", from, to)).join(""),
    )
  assert.ok(isIntact(a) && isIntact(b) && isIntact(c), "they are as they were")
})

test("a line that its page has no room for begins another", () => {
  const writer = new RecordWriter()
  const lines = Array.from({ length: 30 }, (_, number) => writer.write(json(number, 100_000)))
  assert.ok(new Set(lines.map(({ bytes }) => bytes)).size >= 3)
  assert.ok(lines.every(isIntact))
  const large = writer.write(json(99, 3_000_000))
  assert.ok(isIntact(large))
  assert.deepEqual(
    lines.map((line) => receivedAtOf(line)),
    lines.map((_, number) => 1_000 + number),
  )
})

test("segments are the files so named, in order, and one that overlaps the next is cut there", async () => {
  const dir = makeDir()
  writeFileSync(segmentPath(dir, 100), Buffer.alloc(50))
  writeFileSync(segmentPath(dir, 0), Buffer.alloc(130))
  writeFileSync(segmentPath(dir, 400), Buffer.alloc(7))
  for (const name of ["lock", "0.log", `${"0".repeat(16)}.log.old`, `${"0".repeat(17)}.log`])
    writeFileSync(join(dir, name), "x")
  assert.deepEqual(await listSegments(dir), [
    { path: segmentPath(dir, 0), start: 0, size: 100 },
    { path: segmentPath(dir, 100), start: 100, size: 50 },
    { path: segmentPath(dir, 400), start: 400, size: 7 },
  ])
})

/** A file of these bytes as a segment that begins there. */
function segmentOf(bytes: Buffer, start = 0) {
  const dir = makeDir()
  writeFileSync(segmentPath(dir, start), bytes)
  return { path: segmentPath(dir, start), start, size: bytes.length }
}

test("lines are read from a place on up to another, each with where it ends", async () => {
  const [a, b, c] = [1, 2, 3].map((number) => lineOf(json(number))) as [Buffer, Buffer, Buffer]
  const segment = segmentOf(Buffer.concat([a, b, c]), 1_000)
  const all = await readRecords(segment, 1_000, 9_999)
  assert.deepEqual(
    all.records.map(({ end, isIntact: isGood }) => [end, isGood]),
    [
      [1_000 + a.length, true],
      [1_000 + a.length + b.length, true],
      [1_000 + segment.size, true],
    ],
  )
  assert.equal(all.next, 1_000 + segment.size)
  const second = await readRecords(segment, 1_000 + a.length, 1_000 + a.length + b.length)
  assert.deepEqual(second.records.map(receivedAtOf), [1_002])
  assert.equal(second.next, 1_000 + a.length + b.length)
  const none = await readRecords(segment, 1_000 + segment.size, 9_999)
  assert.deepEqual([none.records, none.next], [[], 1_000 + segment.size])
})

test("an end without a line feed is one broken line, and a file that has shrunk is read to its end", async () => {
  const good = lineOf(json(1))
  const torn = segmentOf(Buffer.concat([good, Buffer.from("torn")]))
  const { records, next } = await readRecords(torn, 0, torn.size)
  assert.deepEqual(
    records.map(({ end, isIntact: isGood }) => [end, isGood]),
    [
      [good.length, true],
      [good.length + 4, false],
    ],
  )
  assert.equal(next, torn.size)
  const shrunk = { ...segmentOf(good), size: good.length + 1_000 }
  const read = await readRecords(shrunk, 0, shrunk.size)
  assert.deepEqual([read.records.length, read.next], [1, shrunk.size])
})

test("a read ends with a whole line, and goes on where that ended; what no read can hold is broken", async () => {
  const lines = Array.from({ length: 4 }, (_, number) => lineOf(json(number, 300_000)))
  const segment = segmentOf(Buffer.concat(lines))
  const first = await readRecords(segment, 0, segment.size)
  assert.equal(first.records.length, 3)
  assert.equal(
    first.next,
    lines.slice(0, 3).reduce((sum, { length }) => sum + length, 0),
  )
  const second = await readRecords(segment, first.next, segment.size)
  assert.deepEqual([second.records.map(receivedAtOf), second.next], [[1_003], segment.size])
  const endless = segmentOf(Buffer.alloc(2_000_000, "x"))
  const stuck = await readRecords(endless, 0, endless.size)
  assert.deepEqual(
    stuck.records.map(({ isIntact: isGood, end }) => [isGood, end]),
    [[false, 1_048_576]],
  )
  assert.equal(stuck.next, 1_048_576)
})

test("what is recovered is counted from the place on, with damage by the records on both sides of it", async () => {
  const dir = makeDir()
  const [a, b, c, d] = [1, 2, 3, 4].map((number) => lineOf(json(number))) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ]
  const bad = Buffer.from("not a line\nnor this\n")
  const first = Buffer.concat([a, b, bad])
  writeFileSync(segmentPath(dir, 0), first)
  writeFileSync(segmentPath(dir, first.length), Buffer.concat([c, d, Buffer.from("torn")]))
  const segments = await listSegments(dir)
  const seen: number[] = []
  const recovered = await recoverSegments(segments, a.length, (line) =>
    seen.push(receivedAtOf(line)),
  )
  assert.deepEqual(seen, [1_002, 1_003, 1_004])
  assert.deepEqual(recovered, {
    end: first.length + c.length + d.length,
    depth: 3,
    damages: [
      { bytes: bad.length, from: 1_002, to: 1_003 },
      { bytes: 4, from: 1_004, to: null },
    ],
    lastReceivedAt: 1_004,
  })
  // The last file alone is cut: what lies behind its last good line is written over.
  assert.deepEqual(
    segments.map(({ size }) => size),
    [first.length, c.length + d.length],
  )
})

test("a directory without files is recovered to its place, and one that was all acknowledged keeps its end", async () => {
  const nothing = { depth: 0, damages: [], lastReceivedAt: null }
  assert.deepEqual(await recoverSegments([], 77), { ...nothing, end: 77 })
  const segment = segmentOf(lineOf(json(1)))
  const { size } = segment
  assert.deepEqual(await recoverSegments([segment], size), { ...nothing, end: size })
  assert.equal(segment.size, size)
})

test("an empty line at the start of a block costs itself alone", async () => {
  const dir = makeDir()
  const line = lineOf(json(1))
  writeFileSync(segmentPath(dir, 0), Buffer.concat([Buffer.from("\n"), line]))
  const [segment] = await listSegments(dir)
  const { records, next } = await readRecords(segment!, 0, 1e6)
  assert.deepEqual(
    records.map((record) => [record.isIntact, record.end]),
    [
      [false, 1],
      [true, 1 + line.length],
    ],
  )
  assert.equal(next, 1 + line.length)
})
