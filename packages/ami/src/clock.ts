/** Time and chance as arguments, so that a test of years needs no sleeping. */
export type Clock = {
  /** Epoch milliseconds. */
  now: () => number
  /** Runs once after the delay; the result takes it back. */
  schedule: (delayMs: number, run: () => void) => () => void
  /** 0 to 1, as Math.random. */
  random: () => number
}

export const systemClock: Clock = {
  now: Date.now,
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
  random: Math.random,
}
