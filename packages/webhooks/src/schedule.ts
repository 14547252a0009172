const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** What is waited before the second attempt, the third and so on: the example schedule of Standard Webhooks. */
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

const DAY = 24 * HOUR

/** In whole days, the longest that a delivery is on its way where no Retry-After makes its schedule longer. */
export const LONGEST_SCHEDULE_MS = Math.ceil((sum(RETRY_DELAYS_MS) * (1 + JITTER)) / DAY) * DAY

// SQS takes no DelaySeconds over 900.
const MAX_SOON_MS = 15 * MINUTE

/**
 * Milliseconds to wait after `attemptCount` failed attempts (1 or more), +-20 % by `random()` in [0, 1), never less
 * than a receiver's Retry-After; undefined after the last attempt.
 */
export function nextDelayMs(
  attemptCount: number,
  random: () => number,
  retryAfterMs: number | null = null,
): number | undefined {
  const delayMs = RETRY_DELAYS_MS[attemptCount - 1]
  if (delayMs === undefined) return undefined
  const jitteredMs = Math.round(delayMs * (1 - JITTER + 2 * JITTER * random()))
  return Math.max(jitteredMs, retryAfterMs ?? 0)
}

/** Whether a delayed message can carry the retry: the 5 s and the 5 min one, and a Retry-After as short. */
export function isSoon(delayMs: number): boolean {
  return delayMs <= MAX_SOON_MS
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
