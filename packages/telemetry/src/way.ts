import { spanIdOf } from "@ringback/events/trace"

// The spans on an event's way that others name as their parent. Their ids follow from the trace, so that no message carries
// them, and who comes later can name a parent, or make up for one, that it never saw.

export const readSpanId = (trace: string) => spanIdOf(`collector.read/${trace}`)
export const spoolSpanId = (trace: string) => spanIdOf(`spool/${trace}`)
export const ingestSpanId = (trace: string) => spanIdOf(`ingest/${trace}`)
export const fanOutSpanId = (trace: string, eventId: string) =>
  spanIdOf(`fan-out/${trace}/${eventId}`)
