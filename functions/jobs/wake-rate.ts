import type { Delivery } from "@ringback/store/delivery"
import type { Health } from "@ringback/store/health"
import { SLOW_AFTER_MS } from "../endpoint/slow-endpoints.ts"

// How fast what was parked is sent to an endpoint that has just come back: slowly at first, twice as fast with each step
// whose answers were good and quick, half as fast after one that was too much.

const FIRST_RATE = 5
const MIN_RATE = 1
/** What one job can claim and send; also where the endpoint has no rate of its own, or a higher one. */
export const MAX_RATE = 320

/** What came of a step: `unclear` where something of it is not yet attempted. */
export type Answers = "good" | "too much" | "unclear"

/** Requests a second of the next step; `was`: of the one before, if there was one. */
export function nextRate(
  rateLimit: number | null,
  was: { rate: number; answers: Answers } | undefined,
): number {
  const most = Math.min(rateLimit ?? MAX_RATE, MAX_RATE)
  if (!was) return Math.min(FIRST_RATE, most)
  if (was.answers === "good") return Math.min(was.rate * 2, most)
  if (was.answers === "unclear") return Math.min(was.rate, most)
  return Math.min(Math.max(was.rate / 2, MIN_RATE), most)
}

/** What the endpoint says of a step that began then, by some of its deliveries and by its health. */
export function answersOf(sample: Delivery[], health: Health, beganAt: number): Answers {
  const { pausedUntil = 0, slowAt = 0, failingSince = 0 } = health
  const isNew = (at: number) => at >= beganAt
  if (pausedUntil > beganAt || isNew(slowAt) || isNew(failingSince)) return "too much"
  // All of each delivery: a retry may have succeeded within the same step.
  const seen = sample.map(({ attempts }) => attempts.filter(({ at }) => isNew(at)))
  if (seen.flat().some(wasTooMuch)) return "too much"
  return seen.length > 0 && seen.every(({ length }) => length > 0) ? "good" : "unclear"
}

// A refusal of one webhook, such as 400, says nothing of how many there may be.
const wasTooMuch = ({ error, statusCode, durationMs }: Delivery["attempts"][number]) =>
  durationMs >= SLOW_AFTER_MS ||
  (error !== null && (statusCode === null || statusCode === 429 || statusCode >= 500))
