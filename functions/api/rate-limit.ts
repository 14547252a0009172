import { makePlaces } from "../runtime/places.ts"
import { ProblemError } from "./problem.ts"

/** The limits of this process for each caller. */
export type CallerLimits = {
  rateLimit: RateLimit
  /**
   * Runs a read, or a replay, when few of the tenant's are running. They take CPU time, which other
   * tenants share. Throws a problem if too many wait, or if the client leaves while the read waits.
   * `hasWaited`: for long enough that the caller's right must be checked again.
   */
  read: <T>(
    tenant: string,
    signal: AbortSignal,
    work: (hasWaited: boolean) => Promise<T>,
  ) => Promise<T>
}

const LONG_WAIT_MS = 500

const MAX_READS = 4
const MAX_WAITING = 40

export function makeCallerLimits(perSecond: number, now: () => number): CallerLimits {
  const places = makePlaces(MAX_READS, MAX_WAITING)
  return {
    rateLimit: makeRateLimit(perSecond, now),
    async read(tenant, signal, work) {
      const refuse = (detail: string) =>
        new ProblemError("rate_limit.exceeded", detail, { headers: { "retry-after": "1" } })
      if (places.isFull(tenant))
        throw refuse(`${MAX_READS} reads of a tenant run at once, and ${MAX_WAITING} wait.`)
      let isBegun = false
      const askedAt = performance.now()
      const begin = () => {
        isBegun = true
        return work(performance.now() - askedAt > LONG_WAIT_MS)
      }
      return places.use(tenant, begin, signal).catch((error: unknown) => {
        throw isBegun ? error : refuse("The client left while the read waited.")
      })
    },
  }
}

export type RateLimit = {
  /** The headers with the caller's remaining requests. Throws a problem if none remain. */
  take: (callerId: string) => Record<string, string>
}

const MAX_BUCKETS = 10_000

/**
 * A token bucket per key: a burst of one second's worth, then `perSecond`. It lives in this
 * process, so on Lambda each instance has its own. The limit protects against loops and mistakes.
 * It is not an exact quota.
 */
export function makeRateLimit(perSecond: number, now: () => number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>()
  const capacity = Math.max(1, perSecond)
  return {
    take(callerId) {
      if (perSecond === 0) return {}
      const at = now()
      const bucket = buckets.get(callerId)
      const refill = bucket ? (Math.max(0, at - bucket.at) * perSecond) / 1000 : capacity
      const tokens = Math.min(capacity, (bucket?.tokens ?? 0) + refill)
      const isAllowed = tokens >= 1
      const left = isAllowed ? tokens - 1 : tokens
      // Deleted and added again, so that the least recently used keys come first and are removed
      // first.
      buckets.delete(callerId)
      const [oldest] = buckets.keys()
      if (buckets.size >= MAX_BUCKETS && oldest !== undefined) buckets.delete(oldest)
      buckets.set(callerId, { tokens: left, at })
      const headers = {
        "ratelimit-policy": `${capacity};w=1`,
        "ratelimit-limit": String(capacity),
        "ratelimit-remaining": String(Math.floor(left)),
        "ratelimit-reset": String(Math.ceil((capacity - left) / perSecond)),
      }
      if (isAllowed) return headers
      const retryAfter = String(Math.ceil((1 - left) / perSecond))
      throw new ProblemError(
        "rate_limit.exceeded",
        `A key can make ${perSecond} requests per second.`,
        {
          headers: { ...headers, "retry-after": retryAfter },
        },
      )
    },
  }
}
