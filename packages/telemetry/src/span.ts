import {
  type Attributes,
  formatAttributes,
  formatNanos,
  formatOrigin,
  type Origin,
} from "./otlp.ts"

// The protocol defines the numbers.
const KINDS = { internal: 1, client: 3, producer: 4, consumer: 5 } as const
const STATUS_ERROR = 2
const FLAG_SAMPLED = 1

/** One operation in the processing of an event. Times are epoch ms. */
export type Span = {
  trace: string
  id: string
  parent?: string | undefined
  name: string
  kind: keyof typeof KINDS
  from: number
  to: number
  attributes: Attributes
  /** The error, in words that anyone who can see the traces may read. */
  error?: string | undefined
}

/** The body of a POST to `/v1/traces`. */
export function formatSpans(origin: Origin, spans: Span[]): string {
  const { resource, scope } = formatOrigin(origin)
  return JSON.stringify({
    resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(formatSpan) }] }],
  })
}

function formatSpan({ trace, id, parent, name, kind, from, to, attributes, error }: Span) {
  return {
    traceId: trace,
    spanId: id,
    ...(parent !== undefined && { parentSpanId: parent }),
    flags: FLAG_SAMPLED,
    name,
    kind: KINDS[kind],
    startTimeUnixNano: formatNanos(from),
    // The clocks of two machines may differ, or a clock may have been set in the meantime.
    endTimeUnixNano: formatNanos(Math.max(from, to)),
    attributes: formatAttributes(attributes),
    status: error === undefined ? {} : { code: STATUS_ERROR, message: error },
  }
}
