const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1_000

// RFC 9110's three forms of a date all begin with the day's name, and the one of asctime means GMT without saying so.
// Date.parse alone would take "-5" for a year.
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .+$/

/** How long a receiver asks to be left alone: whole seconds or an HTTP date, at most 24 h; null if it does not say. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? ""
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, MAX_RETRY_AFTER_MS)
  const at = HTTP_DATE.test(text) ? Date.parse(text.replace(/( GMT)?$/, " GMT")) : NaN
  return Number.isNaN(at) ? null : Math.min(Math.max(at - now, 0), MAX_RETRY_AFTER_MS)
}
