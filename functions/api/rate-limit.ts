import { ProblemError } from "./problem.ts"

export type RateLimit = {
  /** The headers with the remaining requests. Throws a problem if none remain. */
  take: (countedAs: string) => Record<string, string>
}

const MAX_BUCKETS = 10_000

/**
 * A token bucket per tenant, because a tenant can have 100 keys: a burst of one second's worth, then
 * `perSecond`. It lives in this process, so on Lambda each instance has its own. The limit protects
 * against loops and mistakes. It is not an exact quota.
 */
export function makeRateLimit(perSecond: number, now: () => number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>()
  const capacity = Math.max(1, perSecond)
  return {
    take(countedAs) {
      if (perSecond === 0) return {}
      const at = now()
      const bucket = buckets.get(countedAs)
      const refill = bucket ? (Math.max(0, at - bucket.at) * perSecond) / 1000 : capacity
      const tokens = Math.min(capacity, (bucket?.tokens ?? 0) + refill)
      const isAllowed = tokens >= 1
      const left = isAllowed ? tokens - 1 : tokens
      // Deleted and added again, so that the least recently used ones come first and are removed
      // first.
      buckets.delete(countedAs)
      const [oldest] = buckets.keys()
      if (buckets.size >= MAX_BUCKETS && oldest !== undefined) buckets.delete(oldest)
      buckets.set(countedAs, { tokens: left, at })
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
        `A tenant's keys together can make ${perSecond} requests per second.`,
        {
          headers: { ...headers, "retry-after": retryAfter },
        },
      )
    },
  }
}
