/** Work of one key, one after the other in the order in which it was asked for; of others side by side. */
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
