// The responses by which a receiver reports overload. For each: whether its Retry-After is
// respected, and whether new deliveries are paused briefly if there is none. 503 is also the
// response of a receiver that is simply down.
const OVERLOAD: Record<number, { obeysRetryAfter: boolean; pauses: boolean }> = {
  429: { obeysRetryAfter: true, pauses: true },
  502: { obeysRetryAfter: false, pauses: true },
  503: { obeysRetryAfter: true, pauses: false },
  504: { obeysRetryAfter: false, pauses: true },
}

/** The statuses whose Retry-After is respected. */
export const RETRY_AFTER_STATUSES = Object.keys(OVERLOAD)
  .map(Number)
  .filter((status) => OVERLOAD[status]?.obeysRetryAfter)

const SHORT_PAUSE_MS = 5_000
const MAX_PAUSE_MS = 60_000

/**
 * How long an overloaded endpoint gets no new deliveries. One minute at most, because a response to
 * one event need not apply to the next. Undefined if the response does not report overload.
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
