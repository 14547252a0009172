import { traceIdOf } from "@ringback/events/trace"
import type { Attributes } from "@ringback/telemetry/otlp"
import type { Tracing } from "@ringback/telemetry/tracing"
import { readSpanId, spoolSpanId } from "@ringback/telemetry/span-ids"
import { eventIdOf, receivedAtOf } from "./spool/record.ts"
import type { Entry } from "./spool/send-window.ts"

/** The first two spans on an event's way. */
export type EdgeTrace = {
  /** It is in the spool. */
  read: (entry: Entry, amiEvent: string) => void
  /** The queue has taken it, with others in one request; `refused`: it never will, with SQS's code. */
  sent: (entry: Entry, batch: number, refused?: string) => void
}

type Options = { source: string; collector: string; queueUrl: string; now: () => number }

/**
 * What is needed of a message stands in its record, so that one which was spooled before a restart has its span too. The
 * second span begins when the frame was read, and lasts until the queue says yes.
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
  /** Undefined: of no event, or of one whose spans are not kept. */
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
      // What is kept for its failure alone has no first span yet.
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
        ...(refused !== undefined && { error: "the queue refused it for good" }),
      })
    },
  }
}
