/** What was read a moment ago, for at most `ttlMs`; readers at the same time share one read. */
export type Cache<T> = {
  get: (key: string, load: () => Promise<T>) => Promise<T>
  set: (key: string, value: T) => void
  forget: (key: string) => void
}

const MAX_ENTRIES = 1000

export function makeCache<T>(now: () => number, ttlMs: number): Cache<T> {
  const entries = new Map<string, { at: number; value: Promise<T> }>()
  const put = (key: string, value: Promise<T>) => {
    entries.delete(key)
    entries.set(key, { at: now(), value })
    if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value!)
  }
  return {
    get(key, load) {
      const found = entries.get(key)
      if (found && Math.abs(now() - found.at) < ttlMs) return found.value
      const value = load()
      put(key, value)
      // What could not be read is not remembered.
      value.catch(() => entries.get(key)?.value === value && entries.delete(key))
      return value
    },
    set: (key, value) => put(key, Promise.resolve(value)),
    forget: (key) => void entries.delete(key),
  }
}
