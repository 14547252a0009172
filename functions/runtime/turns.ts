import { makePlaces } from "./places.ts"

/** Runs the work of one key in sequence. The work of different keys runs concurrently. */
export type Turns = {
  /**
   * Waits until the calls before it with the same key are done, for a short time and in a short
   * line. Otherwise it calls `late` instead of `work`.
   */
  inTurn: <T>(key: string, work: () => Promise<T>, late: () => Promise<T>) => Promise<T>
}

// Whoever waits takes the place of other work.
const WAIT_MS = 500
const MAX_WAITING = 10

export function makeTurns({ waitMs = WAIT_MS, maxWaiting = MAX_WAITING } = {}): Turns {
  const places = makePlaces(1, maxWaiting)
  return {
    async inTurn(key, work, late) {
      if (places.isFull(key)) return late()
      const waiting = new AbortController()
      const timer = setTimeout(() => waiting.abort(), waitMs)
      let isBegun = false
      const begin = () => {
        isBegun = true
        clearTimeout(timer)
        return work()
      }
      return places.use(key, begin, waiting.signal).catch((error: unknown) => {
        if (isBegun) throw error
        return late()
      })
    },
  }
}
