import type { Answer, End } from "./step.ts"

const SECOND = 1_000

/** A failed attempt. `words` name the setting or permission at fault, if known. */
export const failed = ({ statusCode }: Answer, words: string, waitMs?: number): End => ({
  end: "failed",
  words,
  statusCode,
  ...(waitMs !== undefined && { waitMs }),
})

/** How long the response's own header asks to wait, in ms. Undefined if it does not. */
export function retryAfterOf({ headers }: Answer): number | undefined {
  const seconds = Number(headers["retry-after"] ?? NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) * SECOND : undefined
}

const MAX_WORDS = 300

/** A CRM's error message, shortened for a log. */
export const quote = (text: string | undefined) =>
  text === undefined ? "" : `: ${text.replace(/\s+/g, " ").slice(0, MAX_WORDS)}`

/**
 * A daily limit is reset at midnight in the time zone of the CRM or the account, which no response
 * contains. So the request is repeated every hour.
 */
export const DAILY_LIMIT_WAIT_MS = 60 * 60 * SECOND
