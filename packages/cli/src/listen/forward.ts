import type { IncomingHttpHeaders } from "node:http"
import { Failure } from "../failure.ts"

/** The forwarding target's answer, or why there is none. */
export type Forwarded = { statusCode: number | null; error: string | null; durationMs: number }

export type Forward = (body: Buffer | string, headers: IncomingHttpHeaders) => Promise<Forwarded>

// The time limit of a delivery.
const TIMEOUT_MS = 15_000

// Headers of a single connection, or set again for the request.
const NOT_FORWARDED = new Set(
  "connection content-length expect host keep-alive te trailer transfer-encoding upgrade".split(
    " ",
  ),
)

/** Posts webhooks to that URL with their original headers. */
export function makeForward(url: string): Forward {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Failure(`--forward-to: ${JSON.stringify(url)} is not an http or https URL`, 2)
  }
  return async (body, headers) => {
    const startedAt = performance.now()
    const took = () => Math.round(performance.now() - startedAt)
    const kept = Object.entries(headers).filter(([name]) => !NOT_FORWARDED.has(name))
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: kept.map(([name, value]) => [name, [value].flat().join(", ")]),
        body: typeof body === "string" ? body : new Uint8Array(body),
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      await response.body?.cancel()
      return { statusCode: response.status, error: null, durationMs: took() }
    } catch (error) {
      const { name, cause } = error as Error & { cause?: NodeJS.ErrnoException }
      return { statusCode: null, error: cause?.code ?? cause?.message ?? name, durationMs: took() }
    }
  }
}
