const FIRST_MS = 30_000
const MOST_MS = 10 * 60_000

/**
 * When to request the lists again in the same session: first after 30 s, then with growing delays.
 */
export class Retry {
  #delayMs = FIRST_MS
  #dueAt = Infinity

  /** Restarts the delays: after a new session or an event, the request may succeed. */
  reset(): void {
    this.#delayMs = FIRST_MS
  }

  /** Makes the next request due now, even while one is in progress. */
  hurry(): void {
    this.reset()
    this.#dueAt = -Infinity
  }

  isDue(now: number): boolean {
    return now >= this.#dueAt
  }

  /** A request starts, so nothing is due. */
  begin(): void {
    this.#dueAt = Infinity
  }

  failed(now: number): void {
    // Keeps an earlier due time that `hurry` set during the request.
    this.#dueAt = Math.min(this.#dueAt, now + this.#delayMs)
    this.#delayMs = Math.min(2 * this.#delayMs, MOST_MS)
  }
}
