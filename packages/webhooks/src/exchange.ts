import http from "node:http"
import https from "node:https"
import { describeFailure } from "./failure.ts"
import type { Answer } from "./outcome.ts"
import { dialOptions, type Lane, type Pool } from "./pool.ts"
import { readStart } from "./read-start.ts"
import { watchStatusLine } from "./status-line.ts"

/** Milliseconds. `totalMs` runs from the start of the attempt to the end of the headers, `bodyMs` from there. */
export type Limits = { connectMs: number; totalMs: number; bodyMs: number }

export type Exchange =
  | { answer: Answer }
  | {
      error: string
      /** No connection came about, so another address may be tried. */
      isUnsent: boolean
      /** A kept connection was closed under the request before any byte came back. */
      isStale: boolean
    }

/**
 * One POST over one connection to a vetted address, as part of an attempt that began at `startedAt` (of
 * `performance.now()`). Whatever the receiver does ends within the limits; throws if Node refuses a header.
 */
export function exchange(
  pool: Pool,
  lane: Lane,
  request: { url: URL; headers: Record<string, string>; body: Buffer; startedAt: number },
  limits: Limits,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const { url, headers, body, startedAt } = request
    const elapsedMs = () => Math.round(performance.now() - startedAt)
    const req = (lane.isTls ? https : http).request({
      ...dialOptions(lane),
      agent: pool.agentOf(lane),
      method: "POST",
      path: url.pathname + url.search,
      headers,
    })
    const statusLine = watchStatusLine(req)
    let isConnected = false
    let isAnswered = false

    const settle = (result: Exchange) => {
      isAnswered = true
      clearTimeout(connectTimer)
      clearTimeout(totalTimer)
      statusLine.stop()
      resolve(result)
    }
    const fail = (error: string, isClosed = false) => {
      if (isAnswered) return
      req.destroy()
      const statusCode = statusLine.statusCode()
      const isStale = isClosed && req.reusedSocket && !statusLine.hasBegun()
      if (statusCode === undefined) settle({ error, isUnsent: !isConnected, isStale })
      else settle({ answer: { statusCode, durationMs: elapsedMs(), bodyStart: NOTHING } })
    }
    const failAfter = (ms: number, error: string) => setTimeout(() => fail(error), Math.max(ms, 0))
    const connectTimer = failAfter(
      limits.connectMs,
      `connect timed out after ${seconds(limits.connectMs)}`,
    )
    const totalTimer = failAfter(
      limits.totalMs - elapsedMs(),
      `no answer within ${seconds(limits.totalMs)}`,
    )
    const connected = () => {
      isConnected = true
      clearTimeout(connectTimer)
    }
    req.on("socket", (socket) => {
      if (req.reusedSocket) connected()
      else socket.once(lane.isTls ? "secureConnect" : "connect", connected)
    })
    req.on("error", (error: NodeJS.ErrnoException) =>
      fail(describeFailure(error, url.hostname), CLOSED.has(error.code ?? "")),
    )
    req.on("close", () => fail("the connection was closed before an answer", true))
    req.on("response", (response) => {
      isAnswered = true
      clearTimeout(totalTimer)
      const durationMs = elapsedMs()
      readStart(response, limits.bodyMs, (bodyStart) => {
        // A whole exchange leaves its connection to the pool; after any other nobody could use it again.
        if (!response.complete || !req.writableFinished) req.destroy()
        const { "retry-after": retryAfter, "content-encoding": contentEncoding } = response.headers
        const statusCode = response.statusCode ?? 0
        settle({ answer: { statusCode, durationMs, retryAfter, contentEncoding, bodyStart } })
      })
    })
    req.end(body)
  })
}

const CLOSED = new Set(["ECONNRESET", "EPIPE"])
const NOTHING = Buffer.alloc(0)

const seconds = (ms: number) => `${Number((ms / 1_000).toFixed(1))} s`
