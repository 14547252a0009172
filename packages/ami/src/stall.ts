import type { Clock } from "./clock.ts"

const PULSE_MS = 500
// A busy process is late by less, and a false alarm costs only one ping.
const LATE_MS = 500

/**
 * Detects that this process was suspended (stopped, or its machine asleep). Data read then may be
 * that old. Only a new answer of the peer proves that later reads are current.
 */
export class StallWatch {
  readonly #clock: Clock
  readonly #onStall: (since: number, done: () => void) => void
  #pulseAt: number
  #since: number | undefined
  #count = 0
  #cancel = () => {}

  /**
   * `onStall` sends the peer a request and calls `done` on its answer. Everything before `since`
   * was read in time.
   */
  constructor(clock: Clock, onStall: (since: number, done: () => void) => void) {
    this.#clock = clock
    this.#onStall = onStall
    this.#pulseAt = clock.now()
    this.#schedule()
  }

  /** Call at each read, before using its data. It may run before the timer. */
  look(): void {
    const now = this.#clock.now()
    const before = this.#pulseAt
    this.#pulseAt = now
    if (now - before <= PULSE_MS + LATE_MS) return
    this.#since ??= before
    const count = ++this.#count
    this.#onStall(this.#since, () => {
      if (count === this.#count) this.#since = undefined
    })
  }

  /** Time up to which everything is read, given a last read at `readAt`. */
  provenUntil(readAt: number): number {
    return Math.min(readAt, this.#since ?? readAt)
  }

  stop(): void {
    this.#cancel()
  }

  #schedule(): void {
    this.#cancel = this.#clock.schedule(PULSE_MS, () => {
      this.look()
      this.#schedule()
    })
  }
}
