import type { SQSEvent, SQSRecord } from "aws-lambda"
import { openMessage } from "@ringback/events/message"
import { spanIdOf, traceIdOf } from "@ringback/events/trace"
import type { Span } from "@ringback/telemetry/span"
import type { Tracing } from "@ringback/telemetry/tracing"
import { ingestSpanId, spoolSpanId } from "@ringback/telemetry/span-ids"
import { queuedMs, queueOf, receiveCountOf } from "../runtime/batch.ts"
import type { Received, ReceivedEvent } from "./ingest-outcome.ts"

/**
 * The spans of the events' messages in a batch. A rejected message has none: an unknown sender
 * cannot create traces.
 */
export function traceIngest(
  tracing: Tracing,
  { Records }: SQSEvent,
  outcomes: Received[],
  from: number,
  to: number,
): void {
  for (const [index, record] of Records.entries()) {
    const received = outcomes[index]!
    const message = received.message ?? (received.outcome === "later" ? eventIn(record) : undefined)
    if (!message) continue
    const trace = traceIdOf(message.id)
    if (received.outcome !== "later" && !tracing.isSampled(trace)) continue
    tracing.add(spanOf(record, received, message, { trace, from, to }))
  }
}

/** The span of a failure before the message's tenant was known. */
function eventIn({ body }: SQSRecord): ReceivedEvent | undefined {
  const opened = openMessage(body)
  return opened.ok && opened.message.kind === "event" ? opened.message : undefined
}

function spanOf(
  record: SQSRecord,
  received: Received,
  { tenant, source, test }: ReceivedEvent,
  { trace, from, to }: Pick<Span, "trace" | "from" | "to">,
): Span {
  const { outcome } = received
  // A message that is received again has a span each time. The last one is the parent of the
  // following spans.
  const isLast = outcome !== "later" && outcome !== "deferred"
  const again = `ingest/${record.messageId}/${receiveCountOf(record)}`
  return {
    trace,
    id: isLast ? ingestSpanId(trace) : spanIdOf(again),
    // The test of a source comes from the API.
    parent: test ? undefined : spoolSpanId(trace),
    name: "ingest",
    kind: "consumer",
    from,
    to,
    attributes: {
      "messaging.system": "aws_sqs",
      "messaging.operation.type": "process",
      "messaging.operation.name": "process",
      "messaging.destination.name": queueOf(record),
      "messaging.message.id": record.messageId,
      "ringback.tenant": tenant,
      "ringback.source": source,
      "ringback.outcome": outcome,
      "ringback.queued_ms": queuedMs(record, from),
    },
    ...(outcome === "later" && { error: received.reason }),
  }
}
