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

/** Of how many traces the spans are kept, unless a setting says otherwise: of one in a hundred. */
export const SAMPLED_SHARE = 0.01

// The last 48 of the 56 bits that OpenTelemetry samples by: whoever else samples that share of traces keeps the same ones.
const RANDOM_DIGITS = 12
const RANDOM_VALUES = 16 ** RANDOM_DIGITS

/** Whether its spans are kept, whatever becomes of the event. */
export const isSampled = (traceId: string, share = SAMPLED_SHARE): boolean =>
  Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) >= (1 - share) * RANDOM_VALUES

/** The header `traceparent`. */
export const formatTraceparent = (
  traceId: string,
  spanId: string,
  isKept = isSampled(traceId),
): string => `00-${traceId}-${spanId}-${isKept ? "01" : "00"}`
