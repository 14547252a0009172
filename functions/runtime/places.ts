/** Runs at most so much work of a key at the same time. The rest waits, in the order of the calls. */
export type Places = {
  use: <T>(key: string, work: () => Promise<T>) => Promise<T>
}

export function makePlaces(count: number): Places {
  /** Of each key with running work: how much, and what waits for a place. */
  const taken = new Map<string, { running: number; waiting: (() => void)[] }>()
  return {
    async use(key, work) {
      const places = taken.get(key) ?? { running: 0, waiting: [] }
      taken.set(key, places)
      if (places.running < count) places.running++
      else {
        const { promise, resolve } = Promise.withResolvers<void>()
        places.waiting.push(resolve)
        // Whoever leaves hands its place over.
        await promise
      }
      try {
        return await work()
      } finally {
        const next = places.waiting.shift()
        if (next) next()
        else if (--places.running === 0) taken.delete(key)
      }
    },
  }
}
