import assert from "node:assert/strict"
import { appendFileSync, unlinkSync } from "node:fs"
import { test } from "node:test"
import { RecordWriter } from "@ringback/collector/spool/record"
import { SegmentFiles } from "@ringback/collector/spool/segment-files"
import { SendWindow } from "@ringback/collector/spool/send-window"
import { WindowLoader } from "@ringback/collector/spool/window-loader"
import { makeDir } from "../harness/directory.ts"

/** A segment with that many messages, and a loader that has read them up to a position. */
async function setUp(count: number, position = 0) {
  const files = new SegmentFiles(makeDir(), [], 0, 1e6)
  const writer = new RecordWriter()
  const records = Array.from({ length: count }, (_, number) => writer.write(`{"n":${number}}`))
  await files.append(records.map(({ bytes, from, to }) => bytes.subarray(from, to)))
  await files.close()
  const window = new SendWindow()
  const heard: string[] = []
  const loader = new WindowLoader({
    files,
    window,
    position,
    onLoaded: () => void heard.push("loaded"),
    onUnreadable: ({ bytes }) => void heard.push(`${bytes} bytes unreadable`),
  })
  return { files, window, heard, loader }
}

test("who waits until it has settled finds everything that was being read", async () => {
  const { files, window, heard, loader } = await setUp(3)
  assert.equal(loader.isLoading, false)
  await loader.settled()
  void loader.load()
  assert.equal(loader.isLoading, true)
  await loader.settled()
  assert.equal(loader.isLoading, false)
  assert.deepEqual(heard, ["loaded"])
  assert.equal(loader.position, files.end)
  assert.equal(window.take(10, 1e6).length, 3)
})

test("two that load at once read once, and what is read to its end is not read again", async () => {
  const { heard, window, loader } = await setUp(2)
  await Promise.all([loader.load(), loader.load()])
  await loader.load()
  assert.deepEqual(heard, ["loaded"])
  assert.equal(window.take(10, 1e6).length, 2)
})

test("a broken record is left out, and a segment that has gone is a loss of its bytes", async () => {
  const broken = await setUp(2)
  const { path } = broken.files.segments[0]!
  appendFileSync(path, "not a record\n")
  broken.files.segments[0]!.size += 13
  await broken.loader.load()
  assert.equal(broken.window.take(10, 1e6).length, 2)

  const first = broken.window.oldest!.to
  const gone = await setUp(2, first)
  const segment = gone.files.segments[0]!
  unlinkSync(segment.path)
  await gone.loader.load()
  assert.deepEqual(gone.heard, [`${segment.size - first} bytes unreadable`, "loaded"])
  assert.equal(gone.loader.position, segment.size)
})
