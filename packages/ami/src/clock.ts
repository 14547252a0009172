/** Time and randomness as arguments, so that tests of long periods need no waiting. */
export type Clock = {
  /** Epoch milliseconds. */
  now: () => number
  /** Runs a function once after the delay. Returns a function that cancels it. */
  schedule: (delayMs: number, run: () => void) => () => void
  /** A number from 0 to 1, as Math.random returns. */
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
