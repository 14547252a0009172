import type { Clock } from "./clock.ts"

const PULSE_MS = 500
// A busy process is late by less; and being too careful costs but one ping.
const LATE_MS = 500

/**
 * Notices that this process stood still: stopped, or its machine asleep. What it reads then may have lain there for as
 * long, so until the peer has answered a new question nothing proves that it was read after the standstill began.
 */
export class StallWatch {
  readonly #clock: Clock
  readonly #onStall: (since: number, done: () => void) => void
  #pulseAt: number
  #since: number | undefined
  #count = 0
  #cancel = () => {}

  /** `onStall` asks the peer something; `done` is for its answer. `since`: all that was read before is proven. */
  constructor(clock: Clock, onStall: (since: number, done: () => void) => void) {
    this.#clock = clock
    this.#onStall = onStall
    this.#pulseAt = clock.now()
    this.#schedule()
  }

  /** To be called with each read, before anything is made of it: it may come before this one's own timer. */
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

  /** Up to when all is read, where the last read was at `readAt`. */
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
