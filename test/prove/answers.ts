import type { Chance } from "./chance.ts"

/** How a receiver is at a time. */
export type Mood = "well" | "moody" | "dead" | "gone"

/**
 * What it does with a POST. `reset`: it took the webhook and the connection broke before the answer. `refused`: it never
 * got it. `silent`: it took it and never answers.
 */
export type Answer =
  { kind: "status"; status: number; retryAfter?: string } | { kind: "reset" | "refused" | "silent" }

const MOODY: readonly [share: number, make: (chance: Chance, what: string) => Answer][] = [
  [0.5, () => ({ kind: "status", status: 204 })],
  [0.62, () => ({ kind: "status", status: 500 })],
  [0.66, () => ({ kind: "status", status: 301 })],
  [0.74, (chance, what) => later(429, chance, what)],
  [0.8, (chance, what) => later(503, chance, what)],
  [0.86, () => ({ kind: "silent" })],
  [0.92, () => ({ kind: "refused" })],
  [1, () => ({ kind: "reset" })],
]
const DEAD_FROM = 0.5

/** What a receiver of that mood answers to that POST. */
export function answerOf(mood: Mood, chance: Chance, what: string): Answer {
  if (mood === "well") return { kind: "status", status: 204 }
  if (mood === "gone") return { kind: "status", status: 410 }
  const at = chance.of("answer", what)
  // A dead one does all of it but to answer 2xx or to take the webhook.
  const place = mood === "dead" ? DEAD_FROM + at * (1 - DEAD_FROM) : at
  const answer = MOODY.find(([share]) => place < share)![1](chance, what)
  return mood === "dead" && answer.kind === "reset" ? { kind: "refused" } : answer
}

const RETRY_AFTER_SECONDS = [0, 1, 30, 600, 1200, 7200, 200_000]

const later = (status: number, chance: Chance, what: string): Answer => ({
  kind: "status",
  status,
  retryAfter: String(chance.pick(RETRY_AFTER_SECONDS, "retry-after", what)),
})
