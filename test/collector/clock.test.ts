import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { finish, makeEnvelope } from "@ringback/collector/envelope"
import { PbxClock } from "@ringback/collector/pbx-clock"
import { identify } from "@ringback/events/identity"
import { type EventMessage, openMessage, sealJson } from "@ringback/events/message"
import { translate } from "@ringback/events/translate"
import { IngestQueue, type LogLine, makeSpoolDir, runCollector } from "../harness/collector.ts"
import { Pbx } from "../harness/pbx.ts"
import { until } from "../harness/until.ts"

let queue: IngestQueue
before(async () => void (queue = await IngestQueue.start()))
after(() => queue.close())

const SECOND = 1_000
const pong = (ms: number) => ({
  kind: "response" as const,
  name: "Success",
  headers: [["Timestamp", (ms / SECOND).toFixed(6)] as [string, string]],
})

function startClock(knownMs?: number) {
  const lines: LogLine[] = []
  const log = (event: string, fields?: Record<string, unknown>) =>
    void lines.push({ event, ...fields })
  const clock = new PbxClock(log, knownMs)
  const at = Date.parse("2026-11-22T12:00:00Z")
  /** What one ping says that took no time. */
  const measure = (skewMs: number) => {
    clock.peer.note(pong(at - skewMs), at, at)
    return clock.update()
  }
  return { clock, lines, measure }
}

test("a clock's difference is taken over once it is another, and not for what the network may have done", () => {
  const { clock, measure } = startClock(8_000)
  assert.equal(clock.update(), false)
  assert.equal(clock.skewMs, 8_000)
  assert.equal(measure(8_090), false)
  assert.equal(clock.skewMs, 8_000)
  assert.equal(measure(8_200), true)
  assert.equal(clock.skewMs, 8_200)
})

test("a clock that is off by over 2 s is said once, over 60 s with an alarm, and when it is right again", () => {
  const { lines, measure } = startClock()
  for (const skewMs of [1_900, 2_100, 3_000, -61_000, -70_000, 500]) measure(skewMs)
  assert.deepEqual(
    lines.map(({ event, alarm, skewMs, reason }) => [event, alarm, skewMs, reason]),
    [
      ["clock.off", false, 2_100, "our clock is 2.1 s ahead of the PBX's"],
      ["clock.off", true, -61_000, "our clock is 61.0 s behind the PBX's"],
      ["clock.ok", undefined, 500, undefined],
    ],
  )
})

const isAbout = (skewMs: number | undefined, wanted: number) =>
  skewMs !== undefined && Math.abs(skewMs - wanted) < SECOND

test("a collector says in heartbeats, gaps, log and status how far its clock is from the PBX's, the next one from its start", async (t) => {
  const pbx = await Pbx.start({ behindMs: 8 * SECOND, canList: true })
  const spool = makeSpoolDir()
  const start = async () => {
    const collector = await runCollector(pbx, queue, spool.dir, { confirmMs: 10 })
    await collector.ready
    return collector
  }
  t.after(async () => {
    await pbx.close()
    spool.remove()
  })
  const collector = await start()
  const heard = async () => (await queue.read()).heartbeats.filter(({ skewMs }) => skewMs)
  await until(async () => isAbout((await heard()).at(-1)?.skewMs, 8 * SECOND))
  assert.ok(isAbout(collector.status().clockSkewSeconds! * SECOND, 8 * SECOND))
  const [line] = collector.lines.filter(({ event }) => event === "clock.off")
  assert.equal(line?.["alarm"], false)
  assert.match(String(line["fix"]), /^NTP on both/)
  pbx.cut()
  await until(async () => (await queue.read()).gaps.length === 1)
  const gap = queue.messages.find(({ kind }) => kind === "gap")
  assert.ok(gap?.kind === "gap" && isAbout(gap.skewMs, 8 * SECOND))
  await collector.stop()
  await queue.read()
  const before = queue.heartbeats.length
  const next = await start()
  await until(async () => (await queue.read()).heartbeats.length > before)
  await next.stop()
  assert.ok(queue.heartbeats.slice(before).every(({ skewMs }) => isAbout(skewMs, 8 * SECOND)))
  assert.notEqual(queue.heartbeats[before]!.run, queue.heartbeats[before - 1]!.run)
})

test("a clock that is set is told of at once, not with the next heartbeat", async (t) => {
  const pbx = await Pbx.start({ behindMs: 8 * SECOND })
  const spool = makeSpoolDir()
  const tuning = { pingIntervalMs: 50 }
  const collector = await runCollector(pbx, queue, spool.dir, { heartbeatMs: 3_600_000, tuning })
  t.after(async () => {
    await collector.stop()
    await pbx.close()
    spool.remove()
  })
  const { collector: id } = collector.status()
  const newest = async () =>
    (await queue.read()).heartbeats.findLast((each) => each.collector === id)?.skewMs
  await until(async () => isAbout(await newest(), 8 * SECOND))
  pbx.options.behindMs = 30 * SECOND
  await until(async () => isAbout(await newest(), 30 * SECOND))
})

test("a heartbeat says how far the PBX was heard, where it is connected", async (t) => {
  const pbx = await Pbx.start()
  const spool = makeSpoolDir()
  const collector = await runCollector(pbx, queue, spool.dir, { heartbeatMs: 50 })
  t.after(async () => {
    await collector.stop()
    await pbx.close()
    spool.remove()
  })
  const { collector: id } = collector.status()
  const own = async () => (await queue.read()).heartbeats.filter((each) => each.collector === id)
  await until(async () => (await own()).filter((each) => each.readUntil).length > 3)
  const beats = await own()
  assert.deepEqual(
    beats.map(({ run, number }) => [run, number]).toSorted(([, a], [, b]) => Number(a) - Number(b)),
    beats.map((_, number) => [beats[0]!.run, number]),
  )
  for (const { connectedSince, readUntil, receivedAt, skewMs } of beats) {
    assert.equal(skewMs, undefined)
    if (connectedSince === null) assert.equal(readUntil, undefined)
    else assert.ok(connectedSince <= readUntil! && readUntil! <= receivedAt)
  }
})

test("what is inferred is newer than what the PBX said before, however far our clock is behind, and twins agree on it", () => {
  const now = Date.parse("2026-11-22T12:00:00Z")
  const infer = (skewMs: number) => {
    const address = { tenant: queue.token.tenant, source: queue.token.source }
    const envelope = makeEnvelope({ ...address, collector: "A".repeat(22) }, () => skewMs)
    const headers = [
      ["Event", "OutDialingDelete"],
      ["Uuid", "d-1"],
    ] as [string, string][]
    const message = { kind: "event" as const, name: "OutDialingDelete", headers }
    const gap = { reason: "disconnected", gap: "g" }
    const draft = envelope.event(message, now + skewMs, gap)
    const json = typeof draft === "string" ? draft : finish(draft.head, draft.message)
    const opened = openMessage(sealJson(json, queue.token))
    assert.ok(opened.ok)
    return opened.message as EventMessage
  }
  const [behind, ahead] = [infer(-30_000), infer(8_000)]
  for (const { headers, receivedAt } of [behind, ahead])
    assert.equal(translate(headers, { receivedAt })?.timestamp, "2026-11-22T12:00:00.000000000Z")
  assert.deepEqual(identify(behind), identify(ahead))
})
