import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { IngestQueue, makeSpoolDir, runCollector } from "../harness/collector.ts"
import { Pbx } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"

const recording = readFileSync(
  new URL("../fixtures/captures/93-timestampevents-switched-in-session.bin", import.meta.url),
  "latin1",
)

test("says when a reload of the PBX switches Timestamp off within a session, and on again", async (t) => {
  const pbx = await Pbx.start()
  const queue = await IngestQueue.start()
  const { dir, remove } = makeSpoolDir()
  const collector = await runCollector(pbx, queue, dir)
  t.after(async () => {
    await collector.stop()
    await pbx.close()
    await queue.close()
    remove()
  })
  await collector.ready
  const [timed, untimed, again] = recording.split("Event: OutDlmaCreate\r\n").slice(1)
  const told = () =>
    collector.lines.map(({ event }) => event).filter((event) => event.startsWith("events."))
  const say = (rest = "") => pbx.say(Buffer.from(`Event: OutDlmaCreate\r\n${rest}`, "latin1"))
  say(timed)
  await until(() => collector.status().lagSeconds !== null)
  say(untimed)
  await until(() => told().length === 1)
  say(again)
  await until(() => told().length === 2)
  assert.deepEqual(told(), ["events.no-timestamp", "events.timestamp"])
})
