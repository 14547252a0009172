import { RETRY_AFTER_STATUSES } from "./overload.ts"
import { KEPT_BODY_BYTES } from "./read-start.ts"
import { retryAfterMs } from "./retry-after.ts"

/** What came of one attempt, as it is recorded. `responseBody` (first 1 KB) is kept of failures alone. */
export type Outcome = {
  ok: boolean
  statusCode: number | null
  durationMs: number
  error: string | null
  responseBody: string | null
  retryAfterMs: number | null
  isGone: boolean
}

/** A final status line was read; the rest of the answer as far as it came. */
export type Answer = {
  statusCode: number
  durationMs: number
  retryAfter?: string | undefined
  contentEncoding?: string | undefined
  /** Where a redirect leads, as an absolute URL. */
  location?: string | undefined
  bodyStart: Buffer
}

const GONE = 410

/** What an answer means; `now` (epoch ms) is what a Retry-After that is a date is measured from. */
export function outcomeOf(answer: Answer, now: number): Outcome {
  const { statusCode, durationMs } = answer
  const ok = statusCode >= 200 && statusCode < 300
  return {
    ok,
    statusCode,
    durationMs,
    error: ok ? null : describeStatus(answer),
    responseBody: ok ? null : readableStart(answer),
    retryAfterMs: RETRY_AFTER_STATUSES.includes(statusCode)
      ? retryAfterMs(answer.retryAfter, now)
      : null,
    isGone: statusCode === GONE,
  }
}

/** An attempt that brought no answer. */
export function failedOutcome(error: string, durationMs: number): Outcome {
  const nothing = { statusCode: null, responseBody: null, retryAfterMs: null, isGone: false }
  return { ok: false, durationMs, error, ...nothing }
}

function describeStatus({ statusCode, location }: Answer): string {
  const isRedirect = statusCode >= 300 && statusCode < 400 && statusCode !== 304
  if (!isRedirect) return `answered ${statusCode}`
  const target = location === undefined ? "" : ` (to ${shorten(location)})`
  return `answered ${statusCode}: redirects are not followed${target}`
}

const MAX_LOCATION = 300

// Without what may be a secret or lets nobody set the endpoint right: credentials, query, fragment.
function shorten(location: string): string {
  const { protocol, host, pathname, search } = new URL(location)
  const text = `${protocol}//${host}${pathname}`
  return `${text.slice(0, MAX_LOCATION)}${search || text.length > MAX_LOCATION ? "..." : ""}`
}

// Whole characters only, and never more than the limit although each wrong byte becomes a character of three.
function readableStart({ bodyStart, contentEncoding }: Answer): string | null {
  if (bodyStart.length === 0) return null
  if (contentEncoding && contentEncoding !== "identity") return null
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes, { stream: true })
  const text = decode(bodyStart.subarray(0, KEPT_BODY_BYTES))
  return decode(Buffer.from(text).subarray(0, KEPT_BODY_BYTES))
}
