import type { Change } from "@ringback/store/changes"

/** What this process knows of changes of tenants, as of a few seconds ago. */
export type Changes = {
  /** Whether what was read of a tenant at that time (epoch ms) stands, but for what changed in the last seconds. */
  isCurrent: (tenant: string, readAt: number) => Promise<boolean>
}

// A change is announced before it is made: within that time it has been made or has failed, see clients.ts, and within it an
// announcement whose clock was behind is there.
const SETTLED_MS = 60_000
/** Nothing is kept for longer, whatever was announced. */
export const KEPT_MS = 30 * 60_000

export function makeChanges(
  now: () => number,
  list: (since: number) => Promise<Change[]>,
  cachedMs: number,
): Changes {
  // Twice within the time that what is kept may be old.
  const askEveryMs = cachedMs / 2
  const changedAt = new Map<string, number>()
  let askedAt = -Infinity
  /** What was announced before is not known. */
  let knownFrom = Infinity
  let asking: Promise<boolean> | undefined

  async function ask(): Promise<boolean> {
    const at = now()
    const isGap = at - askedAt >= KEPT_MS
    if (isGap) changedAt.clear()
    // At first all that may concern what was read since this process began.
    const since = (isGap ? at - KEPT_MS : askedAt) - SETTLED_MS
    try {
      for (const change of await list(since)) {
        const known = changedAt.get(change.tenant) ?? -Infinity
        changedAt.set(change.tenant, Math.max(known, change.at))
      }
    } catch {
      // Then nothing is known to stand, and each is read as if nothing were announced.
      return false
    }
    if (isGap) knownFrom = since
    askedAt = at
    for (const [tenant, last] of changedAt) if (at - last > KEPT_MS) changedAt.delete(tenant)
    return true
  }

  return {
    async isCurrent(tenant, readAt) {
      if (Math.abs(now() - askedAt) >= askEveryMs) {
        asking ??= ask().finally(() => (asking = undefined))
        if (!(await asking)) return false
      }
      const changed = changedAt.get(tenant) ?? -Infinity
      return readAt - SETTLED_MS >= knownFrom && readAt > changed + SETTLED_MS
    },
  }
}
