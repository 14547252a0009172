import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { makeEnvelope } from "@ringback/collector/envelope"
import { Coverage } from "@ringback/collector/gaps/coverage"
import { Losses } from "@ringback/collector/gaps/losses"
import { OpenGaps } from "@ringback/collector/gaps/open-gaps"
import { heartbeatNumber } from "@ringback/collector/heartbeat"
import { Progress } from "@ringback/collector/progress"
import { makeSqs } from "@ringback/collector/sqs"
import { openStorage } from "@ringback/collector/spool/storage"
import { HEARTBEAT_SECONDS } from "@ringback/events/heartbeat"
import type { HeartbeatMessage } from "@ringback/events/message"
import { IngestQueue, makeSpoolDir } from "../harness/collector.ts"
import { startQueueProxy } from "../harness/queue-proxy.ts"
import { until } from "../harness/until.ts"

// The alarm for silent collectors counts regular heartbeats: one of each number.

let queue: IngestQueue
before(async () => void (queue = await IngestQueue.start()))
after(() => queue.close())

const BEAT = HEARTBEAT_SECONDS * 1000
const START = Date.parse("2026-11-22T06:00:00Z")

/** A collector on a clock of the test's, whose queue may be away. */
async function startRun(dir: string, clock: { now: number }) {
  const proxy = await startQueueProxy(queue.url)
  const sqs = makeSqs("eu-central-1", proxy.url, {})
  const now = () => clock.now
  const storage = await openStorage({ dir, maxBytes: 1e6, log: () => {}, now })
  const { state, attempt, collector } = storage
  const progress = new Progress({
    storage,
    coverage: new Coverage(null),
    losses: new Losses(() => {}),
    openGaps: new OpenGaps(state, attempt),
    envelope: makeEnvelope({ ...queue.token, collector }),
    sqs,
    queueUrl: proxy.url,
    signingKey: () => queue.token,
    lastReadAt: () => null,
    now,
  })
  const own = (each: HeartbeatMessage) => each.collector === collector
  const heard = async () => (await queue.read()).heartbeats.filter(own)
  /** Sends by `send`, and says which of what arrived so far were extra. */
  const arrived = async (count: number, send: () => void) => {
    send()
    await until(async () => (await heard()).length === count)
    const number = String(heartbeatNumber(collector, now()))
    await until(() => state.get("countedHeartbeat") === number)
    return (await heard())
      .toSorted((a, b) => a.receivedAt - b.receivedAt || a.number! - b.number!)
      .map(({ extra = false }) => extra)
  }
  const close = async () => {
    await storage.close()
    sqs.destroy()
    await proxy.close()
  }
  return { progress, proxy, heard, arrived, collector, close }
}

test("the first heartbeat of each number is regular, others of sessions and starts are extra", async (t) => {
  const spool = makeSpoolDir()
  t.after(() => spool.remove())
  const clock = { now: START }
  const first = await startRun(spool.dir, clock)
  const { progress, arrived } = first
  const number = () => heartbeatNumber(first.collector, clock.now)
  assert.deepEqual(await arrived(1, () => progress.beat()), [false])
  clock.now++
  assert.deepEqual(await arrived(2, () => progress.beat()), [false, true])
  progress.beatIfDue()
  const was = number()
  clock.now += BEAT - 1
  assert.equal(number(), was + 1)
  // A new session just before the timer looks: its heartbeat is the regular one.
  assert.deepEqual(await arrived(3, () => progress.beat()), [false, true, false])
  progress.beatIfDue()
  await first.close()
  clock.now++
  const second = await startRun(spool.dir, clock)
  assert.deepEqual(await second.arrived(4, () => second.progress.beat()), [
    false,
    true,
    false,
    true,
  ])
  clock.now += BEAT
  assert.deepEqual(await second.arrived(5, () => second.progress.beatIfDue()), [
    false,
    true,
    false,
    true,
    false,
  ])
  await second.close()
})

test("a regular heartbeat that the queue did not take is regular when it is sent again", async (t) => {
  const spool = makeSpoolDir()
  t.after(() => spool.remove())
  const clock = { now: START }
  const { progress, proxy, heard, collector, close } = await startRun(spool.dir, clock)
  // The next number is far from here.
  const number = () => heartbeatNumber(collector, clock.now)
  for (const before = number(); number() === before;) clock.now++
  proxy.mode = "down"
  progress.beat()
  await until(() => proxy.calls === 1)
  const failed = clock.now
  proxy.mode = "ok"
  const lookAgain = async () => {
    clock.now += 100
    progress.beatIfDue()
    return (await heard()).length > 0
  }
  await until(lookAgain)
  assert.ok(clock.now - failed >= 5_000, "not sent again at once")
  const end = clock.now + 6_000
  while (clock.now < end) await lookAgain()
  assert.deepEqual(
    (await heard()).map(({ extra = false }) => extra),
    [false],
    "what was accepted is not sent again",
  )
  assert.equal(proxy.calls, 2)
  assert.deepEqual(proxy.groups, [queue.token.source])
  await close()
})
