const FIRST_MS = 30_000
const MOST_MS = 10 * 60_000

/** When the lists are asked for again in the same session: soon at first, then ever more rarely. */
export class Retry {
  #delayMs = FIRST_MS
  #dueAt = Infinity

  /** A new session, or another news of the PBX: it may be well now. */
  reset(): void {
    this.#delayMs = FIRST_MS
  }

  /** At the next occasion, also of what is being asked for now. */
  hurry(): void {
    this.reset()
    this.#dueAt = -Infinity
  }

  isDue(now: number): boolean {
    return now >= this.#dueAt
  }

  /** They are being asked for: what is due is done with. */
  begin(): void {
    this.#dueAt = Infinity
  }

  failed(now: number): void {
    // Hurried meanwhile it stays so.
    this.#dueAt = Math.min(this.#dueAt, now + this.#delayMs)
    this.#delayMs = Math.min(2 * this.#delayMs, MOST_MS)
  }
}
