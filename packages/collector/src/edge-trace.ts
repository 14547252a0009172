import { traceIdOf } from "@ringback/events/trace"
import type { Attributes } from "@ringback/telemetry/otlp"
import type { Tracing } from "@ringback/telemetry/tracing"
import { readSpanId, spoolSpanId } from "@ringback/telemetry/span-ids"
import { eventIdOf, receivedAtOf } from "./spool/record.ts"
import type { Entry } from "./spool/send-window.ts"

/** The first two spans of an event. */
export type EdgeTrace = {
  /** The event is in the spool. */
  read: (entry: Entry, amiEvent: string) => void
  /** SQS accepted it, in a batch of that size, or rejected it permanently (`refused`: SQS's error code). */
  sent: (entry: Entry, batch: number, refused?: string) => void
}

type Options = { source: string; collector: string; queueUrl: string; now: () => number }

/**
 * All needed data is in the spool record, so a message spooled before a restart has its spans too. The
 * second span lasts from reading the frame until SQS accepts the message or rejects it permanently.
 */
export function makeEdgeTrace(tracing: Tracing, options: Options): EdgeTrace {
  const { source, collector, queueUrl, now } = options
  const { hostname, pathname } = new URL(queueUrl)
  const common = { "ringback.source": source, "ringback.collector": collector }
  const queue = {
    "messaging.system": "aws_sqs",
    "messaging.operation.type": "send",
    "messaging.operation.name": "SendMessageBatch",
    "messaging.destination.name": pathname.split("/").at(-1),
    "server.address": hostname,
  }
  /** Undefined if the entry is no event, or its spans are not recorded. */
  function traceOf(entry: Entry, isKept: boolean): string | undefined {
    const id = eventIdOf(entry)
    const trace = id && traceIdOf(id)
    return trace && (isKept || tracing.isSampled(trace)) ? trace : undefined
  }
  const read = (trace: string, from: number, to: number, attributes: Attributes = {}) =>
    tracing.add({
      trace,
      id: readSpanId(trace),
      name: "collector.read",
      kind: "internal",
      from,
      to,
      attributes: { ...common, ...attributes },
    })
  return {
    read(entry, amiEvent) {
      const trace = traceOf(entry, false)
      if (trace) read(trace, receivedAtOf(entry), now(), { "ringback.ami.event": amiEvent })
    },
    sent(entry, batch, refused) {
      const trace = traceOf(entry, refused !== undefined)
      if (!trace) return
      const from = receivedAtOf(entry)
      // A trace that is recorded only because it failed has no first span yet.
      if (!tracing.isSampled(trace)) read(trace, from, from)
      tracing.add({
        trace,
        id: spoolSpanId(trace),
        parent: readSpanId(trace),
        name: "spool",
        kind: "producer",
        from,
        to: now(),
        attributes: {
          ...common,
          ...queue,
          "messaging.batch.message_count": batch,
          "error.type": refused,
        },
        ...(refused !== undefined && { error: "rejected permanently by the queue" }),
      })
    },
  }
}
