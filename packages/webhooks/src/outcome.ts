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
  /** There was no answer, and the receiver may have the webhook all the same. */
  mayHaveArrived: boolean
  /** The requests of an attempt that takes several. */
  steps?: Step[]
  /** Nothing is tried again; a discarded delivery has no attempt on record. */
  final?: { status: "failed" | "discarded"; reason: string }
  /** It says nothing of the endpoint's health. */
  isNeutral?: boolean
  /** All of the endpoint's deliveries are to wait for so long. */
  pauseMs?: number
}

/** One request of an attempt. `statusCode` null: there was no answer. `at` (epoch ms) and `purpose` are for its trace. */
export type Step = {
  method: string
  url: string
  statusCode: number | null
  durationMs: number
  at?: number
  purpose?: string
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
    mayHaveArrived: false,
  }
}

/** An attempt that brought no answer. */
export function failedOutcome(error: string, durationMs: number, mayHaveArrived = false): Outcome {
  const nothing = { statusCode: null, responseBody: null, retryAfterMs: null, isGone: false }
  return { ok: false, durationMs, error, mayHaveArrived, ...nothing }
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
