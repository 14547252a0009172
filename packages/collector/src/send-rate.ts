/** Spreads messages over time, so that a backlog does not overload ingest. */
export class SendRate {
  readonly #perSecond: number
  readonly #burstMs: number
  #nextAt = -Infinity

  /** `burstMs`: what may be sent at once after a quiet time. */
  constructor(perSecond: number, burstMs: number) {
    this.#perSecond = perSecond
    this.#burstMs = burstMs
  }

  /**
   * Returns how long to wait before sending so many messages, in ms. `nowMs` is a monotonic time:
   * by a wall clock that is set back by an hour, the sender would wait for an hour.
   */
  take(count: number, nowMs: number): number {
    this.#nextAt = Math.max(nowMs, this.#nextAt) + (count * 1_000) / this.#perSecond
    return Math.max(0, this.#nextAt - nowMs - this.#burstMs)
  }
}
