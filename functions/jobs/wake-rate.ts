import type { Delivery } from "@ringback/store/delivery"
import type { Health } from "@ringback/store/health"
import { SLOW_AFTER_MS } from "../endpoint/slow-endpoints.ts"

// The rate at which parked deliveries are sent to an endpoint that has just recovered: low at
// first, doubled after each step with good and quick responses, halved after a step that was too
// much.

const FIRST_RATE = 5
const MIN_RATE = 1
/**
 * What one job can claim and send. Also the limit if the endpoint has no rate limit, or a higher
 * one.
 */
export const MAX_RATE = 320

/**
 * The result of a step. `slow`: nothing was rejected, but a response took long. `unclear`: some of
 * its deliveries have not been attempted yet.
 */
export type Answers = "good" | "slow" | "too much" | "unclear"

/**
 * The rate of the next step in requests per second. `was`: the rate of the previous step, if there
 * was one.
 */
export function nextRate(
  rateLimit: number | null,
  was: { rate: number; answers: Answers } | undefined,
): number {
  const most = Math.min(rateLimit ?? MAX_RATE, MAX_RATE)
  if (!was) return Math.min(FIRST_RATE, most)
  if (was.answers === "good") return Math.min(was.rate * 2, most)
  if (was.answers === "unclear") return Math.min(was.rate, most)
  // Some endpoints always take seconds. At the lowest rate they would need days for a backlog of
  // hours, and slow-share.ts limits the POSTs that they have open anyway.
  const least = was.answers === "slow" ? FIRST_RATE : MIN_RATE
  return Math.min(Math.max(was.rate / 2, least), most)
}

/**
 * The endpoint's response to a step that began then, judged by some of its deliveries and by its
 * health.
 */
export function answersOf(sample: Delivery[], health: Health, beganAt: number): Answers {
  const { pausedUntil = 0, slowAt = 0, failingSince = 0 } = health
  const isNew = (at: number) => at >= beganAt
  if (pausedUntil > beganAt || isNew(failingSince)) return "too much"
  // What Ringback ended itself says nothing of the endpoint: a transform did not want it or failed, or
  // it was superseded. It has a reason.
  const sent = sample.filter(({ reason }) => reason === undefined)
  // All attempts of each delivery: a retry may have succeeded within the same step.
  const seen = sent.map(({ attempts }) => attempts.filter(({ at }) => isNew(at)))
  if (sent.flatMap(refusedIn).some((each) => isNew(each.at) && wasTooMuch(each))) return "too much"
  if (isNew(slowAt) || seen.flat().some(({ durationMs }) => durationMs >= SLOW_AFTER_MS))
    return "slow"
  return seen.length > 0 && seen.every(({ length }) => length > 0) ? "good" : "unclear"
}

// The last attempt of a delivered one was accepted. If its connector skipped the call, it has a text as error, and no
// status.
const refusedIn = ({ status, attempts }: Delivery) =>
  status === "delivered" ? attempts.slice(0, -1) : attempts

// A rejection of one webhook, such as 400, does not mean that the rate is too high.
const wasTooMuch = ({ error, statusCode }: Delivery["attempts"][number]) =>
  error !== null && (statusCode === null || statusCode === 429 || statusCode >= 500)
