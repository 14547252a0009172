/** Runs at most so much work of a key at the same time. The rest waits, in the order of the calls. */
export type Places = {
  /** Whether nothing more can wait for this key. */
  isFull: (key: string) => boolean
  /** Rejects with the signal's reason if it is aborted while the work waits. */
  use: <T>(key: string, work: () => Promise<T>, signal?: AbortSignal) => Promise<T>
}

type Waiting = { begin: () => void }

/** `count`: work at the same time; `maxWaiting`: work that waits. */
export function makePlaces(count: number, maxWaiting: number): Places {
  /** Of each key with running work: how much, and what waits for a place. */
  const taken = new Map<string, { running: number; waiting: Waiting[] }>()

  async function waitIn(line: Waiting[], signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const entry = { begin: resolve }
    const leave = () => {
      const at = line.indexOf(entry)
      if (at >= 0) line.splice(at, 1)
      reject(signal?.reason as Error)
    }
    line.push(entry)
    signal?.addEventListener("abort", leave)
    try {
      await promise
    } finally {
      signal?.removeEventListener("abort", leave)
    }
  }

  return {
    isFull: (key) => (taken.get(key)?.waiting.length ?? 0) >= maxWaiting,
    async use(key, work, signal) {
      signal?.throwIfAborted()
      const places = taken.get(key) ?? { running: 0, waiting: [] }
      taken.set(key, places)
      if (places.running < count) places.running++
      // Whoever leaves hands its place over.
      else await waitIn(places.waiting, signal)
      try {
        return await work()
      } finally {
        const next = places.waiting.shift()
        if (next) next.begin()
        else if (--places.running === 0) taken.delete(key)
      }
    },
  }
}
