import { spanIdOf } from "@ringback/events/trace"

// The spans of an event's processing that others name as their parent. Their ids are derived from
// the trace, so that no message has to contain them. A later step can name a parent, or create a
// substitute for it, without having seen it.

export const readSpanId = (trace: string) => spanIdOf(`collector.read/${trace}`)
export const spoolSpanId = (trace: string) => spanIdOf(`spool/${trace}`)
export const ingestSpanId = (trace: string) => spanIdOf(`ingest/${trace}`)
export const fanOutSpanId = (trace: string, eventId: string) =>
  spanIdOf(`fan-out/${trace}/${eventId}`)
