import { createHash } from "node:crypto"

// W3C Trace Context. Ids are derived, not carried: whoever knows the message of an event knows its trace, from the collector
// that read the frame to the POST, and no queue or table holds a byte for it.

const TRACE_ID_LENGTH = 32
const SPAN_ID_LENGTH = 16

const hexOf = (...parts: string[]) =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex")

/** The trace of an event: that of the message in which a collector said it first, made when the frame was read. */
export const traceIdOf = (messageId: string): string =>
  hexOf("trace", messageId).slice(0, TRACE_ID_LENGTH)

/** The span of one piece of work, such as an attempt. */
export const spanIdOf = (workId: string): string => hexOf("span", workId).slice(0, SPAN_ID_LENGTH)

const ONE_IN = 100

/** Whether its spans are kept: of one trace in a hundred. */
export const isSampled = (traceId: string): boolean =>
  Number.parseInt(traceId.slice(0, 8), 16) % ONE_IN === 0

/** The header `traceparent`. */
export const formatTraceparent = (traceId: string, spanId: string): string =>
  `00-${traceId}-${spanId}-${isSampled(traceId) ? "01" : "00"}`
