import assert from "node:assert/strict"
import { test } from "node:test"
import { makeLog } from "@ringback/collector/log"

test("a log line is one line of JSON with its time, its event and what is said of it", () => {
  const written: string[] = []
  const log = makeLog(
    (line) => void written.push(line),
    () => Date.parse("2026-11-22T12:00:00Z"),
  )
  log("spool.memory", { alarm: true, reason: "two\nlines" })
  log("collector.started")
  assert.deepEqual(written, [
    '{"time":"2026-11-22T12:00:00.000Z","event":"spool.memory","alarm":true,"reason":"two\\nlines"}\n',
    '{"time":"2026-11-22T12:00:00.000Z","event":"collector.started"}\n',
  ])
})
