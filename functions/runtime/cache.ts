/** What was read a moment ago, for at most `ttlMs`; readers at the same time share one read. */
export type Cache<T> = {
  get: (key: string, load: () => Promise<T>) => Promise<T>
  set: (key: string, value: T) => void
  /** Changes what is there, which grows no younger by it. */
  amend: (key: string, change: (value: T) => T) => void
  forget: (key: string) => void
}

const MAX_ENTRIES = 1000

export function makeCache<T>(now: () => number, ttlMs: number): Cache<T> {
  const entries = new Map<string, { at: number; value: Promise<T> }>()
  const put = (key: string, value: Promise<T>) => {
    const entry = { at: now(), value }
    entries.delete(key)
    entries.set(key, entry)
    if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!)
    return entry
  }
  return {
    get(key, load) {
      const found = entries.get(key)
      if (found && Math.abs(now() - found.at) < ttlMs) return found.value
      const value = load()
      const entry = put(key, value)
      // What could not be read is not remembered.
      value.catch(() => entries.get(key) === entry && entries.delete(key))
      return value
    },
    set: (key, value) => put(key, Promise.resolve(value)),
    amend(key, change) {
      const found = entries.get(key)
      if (!found) return
      found.value = found.value.then(change)
      found.value.catch(() => undefined)
    },
    forget: (key) => void entries.delete(key),
  }
}
