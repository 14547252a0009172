import assert from "node:assert/strict"
import { test } from "node:test"
import { makeEdgeTrace } from "@ringback/collector/edge-trace"
import { makeEnvelope } from "@ringback/collector/envelope"
import { RecordWriter } from "@ringback/collector/spool/record"
import { traceIdOf } from "@ringback/events/trace"
import type { Span } from "@ringback/telemetry/span"
import { readSpanId, spoolSpanId } from "@ringback/telemetry/span-ids"

const envelope = makeEnvelope({ tenant: "ten_1", source: "src_1", collector: "c" })
const message = {
  kind: "event" as const,
  name: "OutPlanCreate",
  headers: [["Event", "OutPlanCreate"]] as [string, string][],
}

function startTrace(isSampled: boolean) {
  const spans: Span[] = []
  const tracing = {
    isSampled: () => isSampled,
    add: (...added: Span[]) => void spans.push(...added),
    addLater: () => {},
    flush: async () => {},
  }
  const queueUrl = "https://sqs.eu-central-1.amazonaws.com/123456789012/Ingest"
  const options = { source: "src_1", collector: "c", queueUrl, now: () => 2_000 }
  return { spans, trace: makeEdgeTrace(tracing, options) }
}

const entryOf = (json: Parameters<RecordWriter["write"]>[0]) => {
  const record = new RecordWriter().write(json)
  return { ...record, end: 0, isLoaded: false, isDone: false }
}
const idIn = ({ bytes, from, to }: { bytes: Buffer; from: number; to: number }) =>
  /"id":"([^"]+)"/.exec(bytes.toString("latin1", from, to))![1]!

test("an event that the queue refuses for good has both spans, sampled or not", () => {
  const { spans, trace } = startTrace(false)
  const entry = entryOf(envelope.event(message, 1_000))
  trace.read(entry, message.name)
  trace.sent(entry, 10)
  assert.equal(spans.length, 0)
  trace.sent(entry, 10, "InvalidMessageContents")
  const [read, spool] = spans as [Span, Span]
  assert.deepEqual([read.name, spool.name], ["collector.read", "spool"])
  assert.equal(spool.parent, read.id)
  assert.deepEqual([spool.from, spool.to], [1_000, 2_000])
  assert.equal(spool.trace, traceIdOf(idIn(entry)))
  assert.equal(spool.attributes["error.type"], "InvalidMessageContents")
  assert.ok(spool.error)
})

test("the spans of an event bear where it was read and where it was sent", () => {
  const { spans, trace } = startTrace(true)
  const entry = entryOf(envelope.event(message, 1_000))
  trace.read(entry, message.name)
  trace.sent(entry, 10)
  const [read, spool] = spans as [Span, Span]
  const common = { "ringback.source": "src_1", "ringback.collector": "c" }
  const at = { trace: traceIdOf(idIn(entry)), from: 1_000, to: 2_000 }
  const expected = { ...at, id: readSpanId(at.trace), name: "collector.read", kind: "internal" }
  assert.deepEqual(read, {
    ...expected,
    attributes: { ...common, "ringback.ami.event": "OutPlanCreate" },
  })
  assert.deepEqual(spool, {
    ...at,
    id: spoolSpanId(at.trace),
    parent: read.id,
    name: "spool",
    kind: "producer",
    attributes: {
      ...common,
      "messaging.system": "aws_sqs",
      "messaging.operation.type": "send",
      "messaging.operation.name": "SendMessageBatch",
      "messaging.destination.name": "Ingest",
      "server.address": "sqs.eu-central-1.amazonaws.com",
      "messaging.batch.message_count": 10,
      "error.type": undefined,
    },
  })
})

test("a synthetic event has them as well; what is no event has none", () => {
  const { spans, trace } = startTrace(true)
  const synthetic = { reason: "disconnected", gap: "gap_1" }
  const inferred = entryOf(envelope.event(message, 1_000, synthetic))
  trace.read(inferred, message.name)
  trace.sent(inferred, 1)
  assert.deepEqual(
    spans.map(({ name }) => name),
    ["collector.read", "spool"],
  )
  const gap = { id: "gap_1", from: 1, to: 2, reason: "disconnected", inferred: {} }
  for (const json of [envelope.gap(gap, 1_000), envelope.record(message, 1_000)])
    trace.sent(entryOf(json), 1)
  assert.equal(spans.length, 2)
})
