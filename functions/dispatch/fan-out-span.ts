import { randomUUID } from "node:crypto"
import { spanIdOf, traceIdOf } from "@ringback/events/trace"
import { idOf, type StoredEvent } from "@ringback/store/event"
import type { Span } from "@ringback/telemetry/span"
import type { Tracing } from "@ringback/telemetry/tracing"
import { fanOutSpanId, ingestSpanId } from "@ringback/telemetry/span-ids"

// Ringback's own events have no collector's message, and no span before their fan-out.
const OF_COLLECTOR = /^[\w-]{22}$/
export const isFromCollector = ({ message }: StoredEvent) => OF_COLLECTOR.test(message)

/** `deliveries`: how many messages were made. `isOut`: whether the queue accepted all of them. */
export type FannedOut = { tenant: string; event: StoredEvent; deliveries: number; isOut: boolean }

export function traceFanOut(
  tracing: Tracing,
  { tenant, event, deliveries, isOut }: FannedOut,
  from: number,
  to: number,
): void {
  const trace = traceIdOf(event.message)
  if (isOut && !tracing.isSampled(trace)) return
  const attributes = { "ringback.tenant": tenant, "ringback.deliveries": deliveries }
  const span = fanOutSpan(event, from, to, attributes)
  // The fan-out is repeated. The last one is the deliveries' parent.
  tracing.add(
    isOut
      ? span
      : {
          ...span,
          id: spanIdOf(randomUUID()),
          error: "not all deliveries were sent; it comes again",
        },
  )
}

export function fanOutSpan(
  event: StoredEvent,
  from: number,
  to: number,
  attributes: Span["attributes"],
): Span {
  const trace = traceIdOf(event.message)
  const id = idOf(event)
  return {
    trace,
    id: fanOutSpanId(trace, id),
    parent: isFromCollector(event) ? ingestSpanId(trace) : undefined,
    name: "fan-out",
    kind: "producer",
    from,
    to,
    attributes: {
      "messaging.system": "aws_sqs",
      "messaging.operation.type": "send",
      "messaging.operation.name": "SendMessageBatch",
      "ringback.event.id": id,
      "ringback.event.type": event.type,
      ...attributes,
    },
  }
}
