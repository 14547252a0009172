import { createHash } from "node:crypto"

// W3C Trace Context. Trace ids are derived from the message id, so no queue or table stores them.
// The trace goes from the collector that read the frame to the POST.

const TRACE_ID_LENGTH = 32
const SPAN_ID_LENGTH = 16

const hexOf = (...parts: string[]) =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex")

/** The trace of an event, derived from the id of its first collector message. */
export const traceIdOf = (messageId: string): string =>
  hexOf("trace", messageId).slice(0, TRACE_ID_LENGTH)

/** The span of one operation, such as an attempt. */
export const spanIdOf = (workId: string): string => hexOf("span", workId).slice(0, SPAN_ID_LENGTH)

const ONE_IN = 100

/** Whether the trace is sampled: one in a hundred. */
export const isSampled = (traceId: string): boolean =>
  Number.parseInt(traceId.slice(0, 8), 16) % ONE_IN === 0

/** The header `traceparent`. */
export const formatTraceparent = (traceId: string, spanId: string): string =>
  `00-${traceId}-${spanId}-${isSampled(traceId) ? "01" : "00"}`
