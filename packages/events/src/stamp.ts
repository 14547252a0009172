// All times here are bigint nanoseconds since the epoch, because a double is not precise enough.

const SECOND = 1_000_000_000n

const MODULE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/
const OLDER = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{6}))?$/
const EPOCH = /^(\d{1,11})\.(\d{6})$/
const RFC_3339 =
  /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** Parses a time stamp of the dialler module, in either form; undefined if it is invalid. */
export function parseStamp(text: string): bigint | undefined {
  const [, moment, count] = MODULE.exec(text) ?? []
  if (moment) {
    // The module prints a COUNT of nanoseconds without leading zeros: `.28158565` is 28,158,565 ns.
    // Fewer than nine digits with a leading zero are ambiguous, so they are refused.
    if (count && count.length > 1 && count.length < 9 && count.startsWith("0")) return undefined
    return at(moment, BigInt(count ?? 0))
  }
  const [, day, time, micros] = OLDER.exec(text) ?? []
  return day && time ? at(`${day}T${time}`, BigInt(micros ?? 0) * 1000n) : undefined
}

/** Parses Asterisk's `Timestamp` header: epoch seconds and six digits of microseconds. */
export function parseEpochStamp(text: string): bigint | undefined {
  const [, seconds, micros] = EPOCH.exec(text) ?? []
  return seconds && micros ? BigInt(seconds) * SECOND + BigInt(micros) * 1000n : undefined
}

/** Parses an RFC 3339 time with any fraction and offset, truncated to nanoseconds. */
export function parseRfc3339(text: string): bigint | undefined {
  const [, moment, fraction, sign, hours, minutes] = RFC_3339.exec(text) ?? []
  if (!moment) return undefined
  const nanos = at(moment.toUpperCase(), BigInt((fraction ?? "").padEnd(9, "0")))
  if (nanos === undefined || !sign || !hours || !minutes) return nanos
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined
  const offset = (BigInt(hours) * 60n + BigInt(minutes)) * 60n * SECOND
  return sign === "+" ? nanos - offset : nanos + offset
}

/** Formats as RFC 3339 in UTC with nine digits, so that text order is time order. */
export function formatNanos(nanos: bigint): string {
  const { second, rest } = split(nanos)
  return `${second}.${rest}Z`
}

/** The same for epoch milliseconds, such as the collector's clock. */
export const formatMillis = (millis: number): string =>
  new Date(millis).toISOString().replace("Z", "000000Z")

/** Formats as the module does, with an unpadded count of nanoseconds. */
export function printStamp(nanos: bigint): string {
  const { second, rest } = split(nanos)
  return `${second}.${BigInt(rest)}Z`
}

const FROM = parseRfc3339("2000-01-01T00:00:00Z")!
const UNTIL = parseRfc3339("2100-01-01T00:00:00Z")!

/** Whether a time is plausible: from 2000 until 2100. */
export const isPlausible = (nanos: bigint) => nanos >= FROM && nanos < UNTIL

// Date.parse reads the 31st of April as the 1st of May. A real date is the same when formatted
// again.
function at(moment: string, nanos: bigint): bigint | undefined {
  const millis = Date.parse(`${moment}Z`)
  if (Number.isNaN(millis) || new Date(millis).toISOString().slice(0, 19) !== moment)
    return undefined
  return BigInt(millis) * 1_000_000n + nanos
}

function split(nanos: bigint): { second: string; rest: string } {
  const rest = ((nanos % SECOND) + SECOND) % SECOND
  const second = new Date(Number((nanos - rest) / 1_000_000n)).toISOString().slice(0, 19)
  return { second, rest: rest.toString().padStart(9, "0") }
}
