import { RETRY_AFTER_STATUSES } from "./pausing-statuses.ts"
import { KEPT_BODY_BYTES } from "./response-start.ts"
import { retryAfterMs } from "./retry-after.ts"

/**
 * The outcome of one attempt, as it is stored. `responseBody` (first 1 KB) is only kept for
 * failures.
 */
export type Outcome = {
  ok: boolean
  statusCode: number | null
  durationMs: number
  error: string | null
  responseBody: string | null
  retryAfterMs: number | null
  isGone: boolean
  /** There was no response, but the receiver may have the webhook. */
  mayHaveArrived: boolean
  /** The requests of an attempt that needs several. */
  steps?: Step[]
  /** The delivery is not tried again. A discarded delivery stores no attempt. */
  final?: { status: "failed" | "discarded"; reason: string }
  /** The outcome does not affect the endpoint's health. */
  isNeutral?: boolean
  /** All of the endpoint's deliveries have to wait this long. */
  pauseMs?: number
}

/**
 * One request of an attempt. `statusCode` null: there was no response. `at` (epoch ms) and
 * `purpose` are for its trace.
 */
export type Step = {
  method: string
  url: string
  statusCode: number | null
  durationMs: number
  at?: number
  purpose?: string
}

/** A final status line was read. The rest of the response is included as far as it was received. */
export type Answer = {
  statusCode: number
  durationMs: number
  retryAfter?: string | undefined
  contentEncoding?: string | undefined
  /** The target of a redirect, as an absolute URL. */
  location?: string | undefined
  bodyStart: Buffer
}

const GONE = 410

/** Interprets a response. `now` (epoch ms) is the reference for a Retry-After that is a date. */
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

/** The outcome of an attempt without a response. */
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

// Omits parts that may be secret or do not help to fix the endpoint: credentials, query, fragment.
function shorten(location: string): string {
  const { protocol, host, pathname, search } = new URL(location)
  const text = `${protocol}//${host}${pathname}`
  return `${text.slice(0, MAX_LOCATION)}${search || text.length > MAX_LOCATION ? "..." : ""}`
}

// Whole characters only, and never more than the limit, although each invalid byte becomes a
// character of three bytes.
function readableStart({ bodyStart, contentEncoding }: Answer): string | null {
  if (bodyStart.length === 0) return null
  if (contentEncoding && contentEncoding !== "identity") return null
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes, { stream: true })
  const text = decode(bodyStart.subarray(0, KEPT_BODY_BYTES))
  return decode(Buffer.from(text).subarray(0, KEPT_BODY_BYTES))
}
