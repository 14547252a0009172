// The answers by which a receiver says that it is too much: for each whether its Retry-After is obeyed, and whether the
// endpoint gets nothing new for a moment where there is none. 503 is also what a receiver says that is simply down.
const OVERLOAD: Record<number, { obeysRetryAfter: boolean; pauses: boolean }> = {
  429: { obeysRetryAfter: true, pauses: true },
  502: { obeysRetryAfter: false, pauses: true },
  503: { obeysRetryAfter: true, pauses: false },
  504: { obeysRetryAfter: false, pauses: true },
}

/** The statuses whose Retry-After is obeyed. */
export const RETRY_AFTER_STATUSES = Object.keys(OVERLOAD)
  .map(Number)
  .filter((status) => OVERLOAD[status]?.obeysRetryAfter)

const SHORT_PAUSE_MS = 5_000
const MAX_PAUSE_MS = 60_000

/**
 * How long an endpoint that says it is too much gets nothing new; a minute at the most, for what it says of one event need
 * not hold for the next. Undefined where it does not say so.
 */
export function pauseAfter({
  statusCode,
  retryAfterMs,
}: {
  statusCode: number | null
  retryAfterMs: number | null
}): number | undefined {
  if (retryAfterMs !== null) return Math.min(retryAfterMs, MAX_PAUSE_MS)
  return statusCode !== null && OVERLOAD[statusCode]?.pauses ? SHORT_PAUSE_MS : undefined
}
