const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/**
 * The delays before the second attempt, the third and so on: the example schedule of Standard
 * Webhooks.
 */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
]

export const MAX_ATTEMPTS = RETRY_DELAYS_MS.length + 1
const JITTER = 0.2

// SQS refuses a DelaySeconds above 900.
const MAX_SOON_MS = 15 * MINUTE

/**
 * The delay in ms after `tries` failed attempts (1 or more), +-20 % by `random()` in [0, 1),
 * and never less than a receiver's Retry-After. Undefined after the last attempt.
 */
export function nextDelayMs(
  tries: number,
  random: () => number,
  retryAfterMs: number | null = null,
): number | undefined {
  const delayMs = RETRY_DELAYS_MS[tries - 1]
  if (delayMs === undefined) return undefined
  const jitteredMs = Math.round(delayMs * (1 - JITTER + 2 * JITTER * random()))
  return Math.max(jitteredMs, retryAfterMs ?? 0)
}

/**
 * Whether a delayed message can carry the retry: true for the delays of 5 s and 5 min, and for a
 * Retry-After as short.
 */
export function isSoon(delayMs: number): boolean {
  return delayMs <= MAX_SOON_MS
}
