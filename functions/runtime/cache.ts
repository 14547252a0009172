import { KEPT_MS, type Changes } from "./changes.ts"

/**
 * Recently read data of tenants. Concurrent readers share one read. Keys begin with the tenant,
 * then a slash.
 */
export type Cache<T> = {
  get: (key: string, load: () => Promise<T>) => Promise<T>
  set: (key: string, value: T) => void
  /** Changes the cached value without changing its age. */
  amend: (key: string, change: (value: T) => T) => void
  forget: (key: string) => void
}

export type CacheOptions<T> = {
  /**
   * Values older than `ttlMs` are used as long as no change was announced. If omitted, they are
   * read again.
   */
  changes?: Changes | undefined
  /** Whether changes of such a value, read at that time (epoch ms), are announced. */
  isAnnounced?: (value: T, readAt: number) => boolean
  /** Whether `now` was set back since the last call. Nothing is kept then. */
  isSetBack?: () => boolean
  maxBytes?: number
}

type Entry<T> = { at: number; value: Promise<T>; bytes: number }

const MAX_BYTES = 32 * 1024 * 1024
const ENTRY_BYTES = 200

export function makeCache<T>(
  now: () => number,
  ttlMs: number,
  {
    changes,
    isAnnounced = () => true,
    isSetBack = () => false,
    maxBytes = MAX_BYTES,
  }: CacheOptions<T> = {},
): Cache<T> {
  const entries = new Map<string, Entry<T>>()
  let bytes = 0

  function clear() {
    entries.clear()
    bytes = 0
  }

  function drop(key: string, entry: Entry<T> | undefined) {
    if (!entry || entries.get(key) !== entry) return
    entries.delete(key)
    bytes -= entry.bytes
  }
  function put(key: string, value: Promise<T>) {
    drop(key, entries.get(key))
    const entry = { at: now(), value, bytes: ENTRY_BYTES }
    entries.set(key, entry)
    bytes += entry.bytes
    value.then((read) => weigh(key, entry, read)).catch(() => undefined)
    shrink()
    return entry
  }
  function weigh(key: string, entry: Entry<T>, value: T) {
    if (entries.get(key) !== entry) return
    const size = ENTRY_BYTES + sizeOf(value)
    bytes += size - entry.bytes
    entry.bytes = size
    shrink()
  }
  // The least recently used is evicted first.
  function shrink() {
    for (const [key, entry] of entries) {
      if (bytes <= maxBytes) return
      drop(key, entry)
    }
  }
  function use(key: string, entry: Entry<T>) {
    entries.delete(key)
    entries.set(key, entry)
    return entry.value
  }
  function load(key: string, read: () => Promise<T>) {
    const value = read()
    const entry = put(key, value)
    // A failed read is not cached.
    value.catch(() => drop(key, entry))
    return value
  }
  async function isCurrent(key: string, entry: Entry<T>): Promise<boolean> {
    if (!changes || Math.abs(now() - entry.at) >= KEPT_MS) return false
    const value = await entry.value
    return isAnnounced(value, entry.at) && changes.isCurrent(key.split("/", 1)[0]!, entry.at)
  }

  return {
    async get(key, read) {
      // The age of what was read by the earlier time is not known.
      if (isSetBack()) clear()
      const found = entries.get(key)
      if (!found) return load(key, read)
      if (Math.abs(now() - found.at) < ttlMs) return use(key, found)
      const stands = await isCurrent(key, found)
      // Another reader may have read it again in the meantime.
      const later = entries.get(key)
      if (later && (stands || later !== found)) return use(key, later)
      return stands ? found.value : load(key, read)
    },
    set(key, value) {
      if (isSetBack()) clear()
      put(key, Promise.resolve(value))
    },
    amend(key, change) {
      const found = entries.get(key)
      if (!found) return
      found.value = found.value.then(change)
      found.value.catch(() => undefined)
    },
    forget: (key) => drop(key, entries.get(key)),
  }
}

/** The approximate memory that it takes. */
const sizeOf = (value: unknown) =>
  2 *
  (JSON.stringify(value, (_, each: unknown) => (each instanceof Map ? [...each] : each)) ?? "")
    .length
