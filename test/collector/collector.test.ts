import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { SetQueueAttributesCommand } from "@aws-sdk/client-sqs"
import type { Pair } from "../harness/pbx.ts"
import { startQueueProxy } from "../harness/queue-proxy.ts"
import { until } from "../harness/until.ts"
import { setUp, emitMany, valueOf, uuidsOf, uuids, sorted } from "./collector-set-up.ts"

test("brings the events of a recording into the queue, header by header, and no others", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const collector = await run()
  await collector.ready
  const capture = readFileSync(new URL("../fixtures/captures/30-dialing.bin", import.meta.url))
  pbx.say(capture.subarray(capture.indexOf("\r\n") + 2))
  const wanted = capture
    .toString("utf8")
    .split("\r\n\r\n")
    .map((text) => text.trim())
    .filter((text) => /^Event: Out\w+(Create|Update|Delete)\r\n/.test(text))
  assert.ok(wanted.length > 39)
  await until(async () => (await queue.read()).events.length >= wanted.length)
  const read = queue.events.map(({ headers }) =>
    headers.map(([name, value]) => `${name}: ${value}`).join("\r\n"),
  )
  assert.deepEqual(read.sort(), wanted.sort())
  assert.equal(new Set(queue.events.map(({ id }) => id)).size, wanted.length)
  assert.deepEqual(queue.gaps, [], "a first start misses nothing")
  await collector.stop()
})

test("forwards further AMI events that are named, and bodies in plain ASCII", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const collector = await run({ amiEvents: ["Hangup"] })
  await collector.ready
  pbx.emit("Newchannel", [["Uniqueid", "1"]])
  pbx.emit("Hangup", [
    ["Uniqueid", "2"],
    ["CallerIDName", 'Jürgen \u0001\u001b 🎉 \ufffe \\ "'],
  ])
  await until(async () => (await queue.read()).events.length > 0)
  assert.deepEqual(
    queue.events.map(({ headers }) => headers[0]![1]),
    ["Hangup"],
  )
  assert.equal(
    valueOf(queue.events[0]!.headers, "CallerIDName"),
    'Jürgen \u0001\u001b 🎉 \ufffe \\ "',
  )
  for (const body of queue.bodies) assert.match(body, /^[\x20-\x7e]*$/)
  await collector.stop()
})

test("survives a queue that is away, and sends the backlog oldest first, each message once", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const proxy = await startQueueProxy(queue.url)
  t.after(proxy.close)
  const collector = await run({ ingestQueueUrl: proxy.url })
  await collector.ready
  proxy.mode = "down"
  emitMany(pbx, 0, 2_000)
  await until(() => collector.status().spoolDepth === 2_000 && collector.status().queueTrouble)
  proxy.mode = "ok"
  await until(async () => (await queue.read()).events.length >= 2_000)
  assert.deepEqual(sorted(uuidsOf(queue)), uuids(0, 2_000))
  // Four calls are under way at a time: nothing overtakes by more than they hold.
  for (const [index, uuid] of uuidsOf(queue).entries()) {
    assert.ok(Math.abs(Number(uuid.slice(2)) - index) <= 80, `${uuid} as number ${index}`)
  }
  const { lines } = collector
  assert.equal(lines.filter(({ event }) => event === "queue.unreachable").length, 1)
  assert.equal(lines.filter(({ event }) => event === "queue.reachable").length, 1)
  await collector.stop()
})

test("sends again what SQS did not take, entry by entry, and the same body after a lost answer", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const proxy = await startQueueProxy(queue.url)
  t.after(proxy.close)
  const failedOnce = new Set<string>()
  proxy.judge = ({ MessageBody }) => {
    if (failedOnce.has(MessageBody) || MessageBody.length % 3 > 0) return undefined
    failedOnce.add(MessageBody)
    return { Code: "InternalError", SenderFault: false }
  }
  const collector = await run({ ingestQueueUrl: proxy.url })
  await collector.ready
  emitMany(pbx, 0, 120)
  await until(async () => (await queue.read()).events.length >= 120)
  assert.deepEqual(sorted(uuidsOf(queue)), uuids(0, 120))
  assert.ok(failedOnce.size > 0)

  proxy.mode = "lost"
  emitMany(pbx, 120, 125)
  await until(async () => (await queue.read()).events.length >= 125)
  proxy.mode = "ok"
  await until(async () => (await queue.read()) && collector.status().spoolDepth === 0)
  assert.ok(queue.events.length > 125, "sent again, as nobody said yes")
  const bodies = new Map(queue.messages.map(({ id }, index) => [id, queue.bodies[index]]))
  for (const [index, { id }] of queue.messages.entries()) {
    assert.equal(queue.bodies[index], bodies.get(id))
  }
  assert.deepEqual(sorted(new Set(uuidsOf(queue))), uuids(0, 125))
  await collector.stop()
})

test("puts aside what SQS refuses for good, reports it as a gap, and goes on", async (t) => {
  const { pbx, queue, dir, run } = await setUp(t)
  await queue.sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl: queue.url,
      Attributes: { MaximumMessageSize: "8192" },
    }),
  )
  const collector = await run()
  await collector.ready
  emitMany(pbx, 0, 5)
  pbx.emit("OutPlanCreate", [
    ["Uuid", "too-long"],
    ["Detail", "x".repeat(9_000)],
  ])
  emitMany(pbx, 5, 10)
  await until(async () => (await queue.read()).events.length >= 10)
  assert.deepEqual(sorted(uuidsOf(queue)), uuids(0, 10))
  const [file] = readdirSync(join(dir, "quarantine"))
  const kept = JSON.parse(readFileSync(join(dir, "quarantine", file!), "utf8")) as {
    code: string
    body: { headers: Pair[]; receivedAt: number }
  }
  assert.equal(valueOf(kept.body.headers, "Uuid"), "too-long")
  await collector.stop()
  await until(async () => (await queue.read()).gaps.length > 0)
  const [gap] = queue.gaps
  assert.equal(gap?.reason, "refused")
  assert.equal(gap?.from, kept.body.receivedAt)
  assert.equal(collector.status().spoolDepth, 0)
})

test("reports the while without a session as a gap, and says in heartbeats since when it reads", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const collector = await run()
  await collector.ready
  emitMany(pbx, 0, 1)
  await until(async () => (await queue.read()).events.length === 1)
  await pbx.down()
  await until(() => collector.status().session === "waiting")
  emitMany(pbx, 1, 2)
  await pbx.listen()
  await until(() => collector.status().session === "connected")
  emitMany(pbx, 2, 3)
  await until(async () => (await queue.read()).events.length === 2 && queue.gaps.length === 1)
  const [gap] = queue.gaps
  assert.equal(gap?.reason, "disconnected")
  assert.ok(gap.from >= queue.events[0]!.receivedAt && gap.to <= queue.events[1]!.receivedAt)
  assert.ok(gap.to > gap.from)
  const said = () => queue.heartbeats.map(({ connectedSince }) => connectedSince)
  await until(async () => (await queue.read()) && said().includes(gap.to) && said().includes(null))
  await collector.stop()
})

test("refuses a directory that another collector is using", async (t) => {
  const { run } = await setUp(t)
  const collector = await run()
  await assert.rejects(run(), /RINGBACK_SPOOL_DIR.*another collector/)
  await collector.stop()
  const next = await run()
  await next.stop()
})

test("names a full spool by a gap, keeps the oldest, and claims no coverage meanwhile", async (t) => {
  const { pbx, queue, run } = await setUp(t)
  const proxy = await startQueueProxy(queue.url)
  t.after(proxy.close)
  proxy.mode = "down"
  const options = { ingestQueueUrl: proxy.url, spoolMaxMb: 1 }
  const collector = await run(options)
  await collector.ready
  emitMany(pbx, 0, 1_500, "x".repeat(1_000))
  await until(() => (collector.status().losses["spool-full"] ?? 0) > 0)
  await until(() => Object.values(collector.status().events).some((count) => count === 1_500))
  const lost = collector.status().losses["spool-full"]!
  assert.ok(collector.status().spoolBytes <= 1_048_576)
  proxy.mode = "ok"
  await until(async () => (await queue.read()).events.length >= 1_500 - lost)
  await collector.stop()
  await until(async () => (await queue.read()).gaps.length > 0)
  assert.equal(queue.gaps[0]?.reason, "spool-full")
  assert.deepEqual(sorted(uuidsOf(queue)), uuids(0, 1_500 - lost))
})
