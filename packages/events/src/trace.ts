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

/** Default share of sampled traces: one in a hundred. */
export const SAMPLED_SHARE = 0.01

// The last 48 of OpenTelemetry's 56 sampling bits, so that other samplers with this share keep the same traces.
const RANDOM_DIGITS = 12
const RANDOM_VALUES = 16 ** RANDOM_DIGITS

/** Whether the trace is sampled, independent of the event's outcome. */
export const isSampled = (traceId: string, share = SAMPLED_SHARE): boolean =>
  Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) >= (1 - share) * RANDOM_VALUES

/** The header `traceparent`. */
export const formatTraceparent = (
  traceId: string,
  spanId: string,
  isKept = isSampled(traceId),
): string => `00-${traceId}-${spanId}-${isKept ? "01" : "00"}`
