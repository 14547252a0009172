import type { Clock } from "@ringback/ami/clock"

/** Time that moves only when told, for real sockets: let the network settle first, then advance. */
export class ManualClock implements Clock {
  #now = Date.parse("2026-11-22T12:00:00Z")
  #timers = new Set<{ at: number; run: () => void }>()
  readonly random: () => number

  constructor(random = () => 0.5) {
    this.random = random
  }

  readonly now = (): number => this.#now

  readonly schedule = (delayMs: number, run: () => void): (() => void) => {
    const timer = { at: this.#now + delayMs, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Runs what falls due meanwhile, in order, each at its own time. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.at - b.at)[0]
      if (!next || next.at > until) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = Math.max(this.#now, until)
  }

  /** As if the process had stood still: the time is over before anything could run. */
  jump(ms: number): void {
    this.#now += ms
    this.advance(0)
  }
}
