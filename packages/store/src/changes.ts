import { query, updateItem, type Item } from "./item.ts"
import { changeKey, changesPartition, changesSince, tenantOf, type Key } from "./item-keys.ts"
import { toSeconds, type Table } from "./table.ts"

// Workers can cache a tenant's sources, endpoints and erasures for long. Every change is announced
// before it is made, and workers ask for announcements every few seconds, for all tenants in one
// request.

/** Longer than any worker caches data without asking for announcements. */
const KEPT_MS = 2 * 3600 * 1000

// All of a tenant's changes of one second are one announcement: receivers that alternate between
// success and failure, and programs that change an endpoint again and again, would otherwise fill
// the one partition that all workers read.
const SPAN_MS = 1000

/** When this process last announced a change of a tenant, the longest ago first. */
const announced = new WeakMap<Table["client"], Map<string, number>>()
const MAX_ANNOUNCED = 1000

/**
 * Announces that something of this tenant is about to change, at the end of the present second.
 * Throws if it cannot be announced: then the change must not be made.
 */
export async function announceChange(table: Table, tenant: string): Promise<void> {
  const at = Math.ceil(table.now() / SPAN_MS) * SPAN_MS
  const known = announced.get(table.client) ?? new Map<string, number>()
  announced.set(table.client, known)
  if (known.get(tenant) === at) return
  // An update, because every function that makes changes has the permission for it.
  await updateItem(table, changeKey(at, tenant), {
    update: "SET expiresAt = :expiresAt",
    values: { ":expiresAt": toSeconds(at + KEPT_MS) },
  })
  known.delete(tenant)
  known.set(tenant, at)
  if (known.size > MAX_ANNOUNCED) known.delete(known.keys().next().value!)
}

export type Change = { tenant: string; at: number }

/** All announcements since then, epoch ms. */
export async function listChanges(table: Table, since: number): Promise<Change[]> {
  const changes: Change[] = []
  let start: Item | undefined
  do {
    const { items, last } = await query(table, {
      where: "pk = :pk AND sk >= :since",
      values: { ":pk": changesPartition, ":since": changesSince(since) },
      attributes: ["sk"],
      consistent: true,
      limit: 5_000,
      start,
    })
    for (const { sk } of items) {
      const [at, tenant] = (sk as string).split("#") as [string, string]
      changes.push({ at: Number(at), tenant })
    }
    start = last
  } while (start)
  return changes
}

/** Announces a change of one of a tenant's items if workers cache items of its kind. */
export async function announceIfKept(table: Table, key: Key): Promise<void> {
  const isKept = key.sk.startsWith("EP#") || key.sk.startsWith("SRC#")
  if (isKept) await announceChange(table, tenantOf(key))
}
