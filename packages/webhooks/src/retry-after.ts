const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1_000

// RFC 9110's three forms of a date all begin with the day's name, and the one of asctime means GMT without saying so.
// Date.parse alone would take "-5" for a year.
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .+$/

// HTTP has whole seconds alone; fractions are what rate limiters compute.
const SECONDS = /^\d+(\.\d*)?$/

// More than 31 years are no delay: the receiver means a Unix time, in seconds or, from this on, in milliseconds.
const MIN_TIME_SECONDS = 1e9
const MIN_TIME_MILLIS = 1e12

/** How long a receiver asks to be left alone, at most 24 h; null if it does not say. `now`: epoch ms. */
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
