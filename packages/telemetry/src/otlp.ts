// OTLP's JSON encoding: camelCase names, ids in hex, 64-bit numbers and nanoseconds as decimal strings.
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

export type Attributes = Record<string, string | number | boolean | null | undefined>

/** Attributes without a value are omitted. */
export const formatAttributes = (attributes: Attributes) =>
  Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [{ key, value: formatValue(value) }],
  )

function formatValue(value: string | number | boolean) {
  if (typeof value === "string") return { stringValue: value }
  if (typeof value === "boolean") return { boolValue: value }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

/** Epoch milliseconds as nanoseconds, to the microsecond. */
export const formatNanos = (ms: number) => String(BigInt(Math.round(ms * 1_000)) * 1_000n)

/** The resource (the program) and the instrumentation scope. */
export type Origin = { resource: Attributes; version: string }

export const formatOrigin = ({ resource, version }: Origin) => ({
  resource: { attributes: formatAttributes(resource) },
  scope: { name: "ringback", version },
})
