/**
 * Runs the work of one key in sequence, in the order of the calls. The work of different keys runs
 * concurrently.
 */
export type Turns = {
  inTurn: <T>(key: string, work: () => Promise<T>) => Promise<T>
}

export function makeTurns(): Turns {
  const last = new Map<string, Promise<unknown>>()
  return {
    async inTurn(key, work) {
      const before = last.get(key)
      const mine = (async () => {
        await before?.catch(() => undefined)
        return work()
      })()
      last.set(key, mine)
      try {
        return await mine
      } finally {
        if (last.get(key) === mine) last.delete(key)
      }
    },
  }
}
