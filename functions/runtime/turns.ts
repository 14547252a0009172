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
  /** Of each key with running work, those that wait for their turn, the first one first. */
  const waiting = new Map<string, (() => void)[]>()

  /** Whether the turn came. */
  function waitIn(line: (() => void)[]): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const begin = () => {
      clearTimeout(timer)
      resolve(true)
    }
    const timer = setTimeout(() => {
      line.splice(line.indexOf(begin), 1)
      resolve(false)
    }, waitMs)
    line.push(begin)
    return promise
  }

  return {
    async inTurn(key, work, late) {
      const line = waiting.get(key)
      if (!line) waiting.set(key, [])
      else if (line.length >= maxWaiting || !(await waitIn(line))) return late()
      try {
        return await work()
      } finally {
        const next = waiting.get(key)!.shift()
        if (next) next()
        else waiting.delete(key)
      }
    },
  }
}
