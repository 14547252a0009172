import { traceIdOf } from "@ringback/events/trace"
import * as Event from "@ringback/store/event"
import type { Table } from "@ringback/store/table"
import type { Span } from "@ringback/telemetry/span"
import { ingestSpanId, readSpanId } from "@ringback/telemetry/span-ids"
import { fanOutSpan, isFromCollector } from "../dispatch/fan-out-span.ts"

const AFTERWARDS = { "ringback.made_afterwards": true }

/**
 * The spans of an event before its delivery. They were not kept at the time, because nobody knew
 * that the delivery would fail. Only their start times are stored. With them, the trace of a
 * failure is still complete.
 */
export async function earlierSpans(
  table: Table,
  { tenant, eventId, madeAt }: { tenant: string; eventId: string; madeAt: number },
): Promise<Span[]> {
  const event = await Event.get(table, tenant, eventId)
  if (!event) return []
  const fanOut = fanOutSpan(event, madeAt, madeAt, AFTERWARDS)
  if (!isFromCollector(event)) return [fanOut]
  const trace = traceIdOf(event.message)
  const read: Span = {
    trace,
    id: readSpanId(trace),
    name: "collector.read",
    kind: "internal",
    from: event.receivedAt,
    to: event.receivedAt,
    attributes: { ...AFTERWARDS, "ringback.source": event.source },
  }
  const ingest: Span = {
    trace,
    id: ingestSpanId(trace),
    parent: event.test ? undefined : read.id,
    name: "ingest",
    kind: "consumer",
    from: event.claimedAt,
    to: event.claimedAt,
    attributes: { ...AFTERWARDS, "ringback.tenant": tenant },
  }
  return event.test ? [ingest, fanOut] : [read, ingest, fanOut]
}
