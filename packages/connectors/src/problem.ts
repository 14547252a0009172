import type { Answer, End } from "./step.ts"

const SECOND = 1_000

/** An attempt that failed; `words` say which setting or right is at fault where that is known. */
export const failed = ({ statusCode }: Answer, words: string, waitMs?: number): End => ({
  end: "failed",
  words,
  statusCode,
  ...(waitMs !== undefined && { waitMs }),
})

/** How long an answer's own header asks to wait, in ms; undefined where it does not say. */
export function retryAfterOf({ headers }: Answer): number | undefined {
  const seconds = Number(headers["retry-after"] ?? NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) * SECOND : undefined
}

const MAX_WORDS = 300

/** What a CRM says, short enough for a log. */
export const quote = (text: string | undefined) =>
  text === undefined ? "" : `: ${text.replace(/\s+/g, " ").slice(0, MAX_WORDS)}`

/**
 * A daily limit ends at a midnight of the CRM's or the account's own time zone, which no answer tells: so it is asked
 * again each hour.
 */
export const DAILY_LIMIT_WAIT_MS = 60 * 60 * SECOND
