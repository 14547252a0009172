import * as v from "valibot"

const RFC3339 = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+ -]\d\d:\d\d)$/

// An unescaped plus in a URL arrives as a space.
/** Nanoseconds since 1970 of an RFC 3339 time, those before it as 0; undefined where the text is none. */
export function parseNanos(text: string): bigint | undefined {
  const [, whole, fraction = "", zone] = RFC3339.exec(text) ?? []
  if (whole === undefined || !isDay(whole)) return undefined
  const millis = Date.parse(`${whole}${zone!.replace(" ", "+")}`.toUpperCase())
  if (Number.isNaN(millis)) return undefined
  const nanos = BigInt(millis) * 1_000_000n + BigInt(fraction.padEnd(9, "0"))
  return nanos < 0n ? 0n : nanos
}

// Date.parse reads February 30 as March 2.
const isDay = (whole: string) =>
  new Date(`${whole.slice(0, 10)}T00:00:00Z`).getUTCDate() === Number(whole.slice(8, 10))

/** Whole milliseconds, rounded down. */
export const parseMillis = (text: string): number => Number(parseNanos(text)! / 1_000_000n)

/** Whole milliseconds, rounded up: anything before the exact time is also before the result. */
export const parseMillisUp = (text: string): number =>
  Number((parseNanos(text)! + 999_999n) / 1_000_000n)

export const formatMillis = (millis: number): string => new Date(millis).toISOString()

const EXAMPLE = "2026-11-22T06:27:40.281Z"

/** A time in an answer. */
export const Time = v.pipe(v.string(), v.metadata({ format: "date-time", examples: [EXAMPLE] }))

/** A time in a request. */
export const TimeInput = v.pipe(
  v.string(),
  v.check((text) => parseNanos(text) !== undefined, `must be an RFC 3339 time such as ${EXAMPLE}`),
  v.metadata({ format: "date-time", examples: [EXAMPLE] }),
)
