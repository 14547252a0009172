import { traceIdOf } from "@ringback/events/trace"
import * as Event from "@ringback/store/event"
import type { Table } from "@ringback/store/table"
import type { Span } from "@ringback/telemetry/span"
import { ingestSpanId, readSpanId } from "@ringback/telemetry/way"
import { fanOutSpan, isFromCollector } from "../dispatch/fan-out-span.ts"

const AFTERWARDS = { "ringback.made_afterwards": true }

/**
 * The way of an event up to its delivery, whose own spans were not kept since nobody knew that this would fail. What is on
 * record says when each began, and no more; who looks at a failure has a whole trace before him all the same.
 */
export async function wayBefore(
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
