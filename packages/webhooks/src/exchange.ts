import http from "node:http"
import https from "node:https"
import { describeFailure, seconds } from "./failure.ts"
import type { Answer } from "./attempt-outcome.ts"
import { type Lane, type Pool } from "./pool.ts"
import { readStart } from "./response-start.ts"
import { watchStatusLine } from "./status-line.ts"

/**
 * Milliseconds. `connectMs` covers all addresses of a host together. `totalMs` covers the time from
 * the start of the attempt to the end of the headers, and `bodyMs` the time after that.
 */
export type Limits = { connectMs: number; totalMs: number; bodyMs: number }

export type Exchange =
  | { answer: Answer; headers: http.IncomingHttpHeaders }
  | {
      error: string
      /** A kept connection was closed before any byte of the answer arrived. */
      isStale: boolean
      /** There was a connection. It is unknown how much of the request arrived. */
      isSent: boolean
    }

export type ExchangeRequest = {
  method: string
  url: URL
  headers: Record<string, string>
  body: Buffer
  startedAt: number
  /** How much of the answer's body to keep. */
  keptBytes: number
}

/**
 * Sends one request to a checked address of the lane, as part of an attempt that began at
 * `startedAt` (a value of `performance.now()`). It always ends within the limits. Throws only if
 * Node refuses a header.
 */
export function exchange(
  pool: Pool,
  lane: Lane,
  request: ExchangeRequest,
  limits: Limits,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const { method, url, headers, body, startedAt, keptBytes } = request
    const elapsedMs = () => Math.round(performance.now() - startedAt)
    const dialling = new AbortController()
    const req = (lane.isTls ? https : http).request({
      ...pool.optionsFor(lane, limits.connectMs, dialling.signal),
      method,
      path: url.pathname + url.search,
      headers,
    })
    const statusLine = watchStatusLine(req, () => fail("over 16 KB of provisional responses (1xx)"))
    let isDone = false

    const settle = (result: Exchange) => {
      isDone = true
      clearTimeout(totalTimer)
      statusLine.stop()
      resolve(result)
    }
    const fail = (error: string, isClosed = false) => {
      if (isDone) return
      const isSent = req.socket !== null
      req.destroy()
      dialling.abort()
      const statusCode = statusLine.statusCode()
      const isStale = isClosed && req.reusedSocket && !statusLine.hasBegun()
      if (statusCode === undefined) settle({ error, isStale, isSent })
      else
        settle({ answer: { statusCode, durationMs: elapsedMs(), bodyStart: NOTHING }, headers: {} })
    }
    const totalTimer = setTimeout(
      () => fail(`no answer within ${seconds(limits.totalMs)}`),
      Math.max(limits.totalMs - elapsedMs(), 0),
    )
    req.on("error", (error: NodeJS.ErrnoException) =>
      fail(describeFailure(error, url.hostname), CLOSED.has(error.code ?? "")),
    )
    req.on("close", () => fail("the connection was closed before an answer", true))
    req.on("response", (response) => {
      isDone = true
      const durationMs = elapsedMs()
      readStart(response, { limitMs: limits.bodyMs, keptBytes }, (bodyStart) => {
        // After a complete exchange the connection returns to the pool. After any other it is
        // unusable.
        if (!response.complete || !req.writableFinished) req.destroy()
        settle({
          answer: answerOf(response, url, durationMs, bodyStart),
          headers: response.headers,
        })
      })
    })
    req.end(body)
  })
}

const CLOSED = new Set(["ECONNRESET", "EPIPE"])
const NOTHING = Buffer.alloc(0)

function answerOf(
  { statusCode = 0, headers }: http.IncomingMessage,
  url: URL,
  durationMs: number,
  bodyStart: Buffer,
): Answer {
  const { "retry-after": retryAfter, "content-encoding": contentEncoding } = headers
  const location = targetOf(headers.location, url)
  return { statusCode, durationMs, retryAfter, contentEncoding, location, bodyStart }
}

/** A redirect's target; undefined if it is missing or not a URL. */
const targetOf = (location: string | undefined, from: URL) =>
  location === undefined ? undefined : URL.parse(location, from.href)?.href
