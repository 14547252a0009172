import type { Change } from "@ringback/store/changes"

/** This process's knowledge of tenants' changes, a few seconds old. */
export type Changes = {
  /**
   * Whether data of a tenant that was read at this time (epoch ms) is still valid, except for
   * changes of the last seconds.
   */
  isCurrent: (tenant: string, readAt: number) => Promise<boolean>
}

// A change is announced before it is made. Within this time the change was made or has failed, see
// clients.ts. An announcement by a slow clock is also visible within it.
const SETTLED_MS = 60_000
/** Nothing is cached longer than this, whatever was announced. */
export const KEPT_MS = 30 * 60_000

export function makeChanges(
  now: () => number,
  list: (since: number) => Promise<Change[]>,
  cachedMs: number,
  isSetBack: () => boolean = () => false,
): Changes {
  // Twice within the time for which cached data may be outdated.
  const askEveryMs = cachedMs / 2
  const changedAt = new Map<string, number>()
  let askedAt = -Infinity
  /** Earlier announcements are not known. */
  let knownFrom = Infinity
  let asking: Promise<boolean> | undefined

  async function ask(): Promise<boolean> {
    const at = now()
    const isGap = at < askedAt || at - askedAt >= KEPT_MS
    if (isGap) changedAt.clear()
    // The first request reads all announcements that may concern data read since this process
    // started.
    const since = (isGap ? at - KEPT_MS : askedAt) - SETTLED_MS
    try {
      for (const change of await list(since)) {
        const known = changedAt.get(change.tenant) ?? -Infinity
        changedAt.set(change.tenant, Math.max(known, change.at))
      }
    } catch {
      // Then no cached data is known to be valid, and everything is read as if there were no
      // announcements.
      return false
    }
    if (isGap) knownFrom = since
    askedAt = at
    for (const [tenant, last] of changedAt) if (at - last > KEPT_MS) changedAt.delete(tenant)
    return true
  }

  return {
    async isCurrent(tenant, readAt) {
      if (isSetBack()) {
        askedAt = -Infinity
        knownFrom = Infinity
      }
      if (Math.abs(now() - askedAt) >= askEveryMs) {
        asking ??= ask().finally(() => (asking = undefined))
        if (!(await asking)) return false
      }
      const changed = changedAt.get(tenant) ?? -Infinity
      return readAt - SETTLED_MS >= knownFrom && readAt > changed + SETTLED_MS
    },
  }
}
