const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1_000

// All three date formats of RFC 9110 start with the name of the day. The asctime format is in GMT
// without stating it. Date.parse alone would read "-5" as a year.
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .+$/

// HTTP only allows whole seconds. Some rate limiters compute fractions.
const SECONDS = /^\d+(\.\d*)?$/

// A delay of more than 31 years is not meant as one: the receiver sent a Unix time, in seconds or,
// from this value on, in milliseconds.
const MIN_TIME_SECONDS = 1e9
const MIN_TIME_MILLIS = 1e12

/** How long a receiver asks for a pause, at most 24 h. Null if it does not ask. `now`: epoch ms. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? ""
  const delayMs = SECONDS.test(text) ? fromNumber(Number(text), now) : fromDate(text) - now
  return Number.isNaN(delayMs) ? null : Math.min(Math.max(delayMs, 0), MAX_RETRY_AFTER_MS)
}

function fromNumber(value: number, now: number): number {
  if (value > MIN_TIME_MILLIS) return Math.ceil(value - now)
  if (value > MIN_TIME_SECONDS) return Math.ceil(value * 1_000 - now)
  return Math.ceil(value) * 1_000
}

const fromDate = (text: string) =>
  HTTP_DATE.test(text) ? Date.parse(text.replace(/( GMT)?$/, " GMT")) : NaN
