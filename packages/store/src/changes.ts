import { randomBytes } from "node:crypto"
import { encodeBase32 } from "@ringback/events/ids"
import { query, updateItem, type Item } from "./item.ts"
import { changeKey, changesPartition, changesSince, tenantOf, type Key } from "./keys.ts"
import { toSeconds, type Table } from "./table.ts"

// What workers keep of a tenant's sources, endpoints and erasures they may keep for long: whoever changes something of it
// announces that first, and workers ask every few seconds what was announced, all tenants in one request.

/** Longer than any worker keeps anything unasked. */
const KEPT_MS = 2 * 3600 * 1000

/** Something of that tenant is about to change. Throws where it cannot be announced: then it must not be changed. */
export async function announceChange(table: Table, tenant: string): Promise<void> {
  const now = table.now()
  // An update, which every function may make that changes something.
  await updateItem(table, changeKey(now, tenant, encodeBase32(randomBytes(5))), {
    update: "SET expiresAt = :expiresAt",
    values: { ":expiresAt": toSeconds(now + KEPT_MS) },
  })
}

export type Change = { tenant: string; at: number }

/** All that was announced since then, epoch ms. */
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

/** Announces a change of a tenant's own item, where workers keep it. */
export async function announceIfKept(table: Table, key: Key): Promise<void> {
  const isKept = key.sk.startsWith("EP#") || key.sk.startsWith("SRC#")
  if (isKept) await announceChange(table, tenantOf(key))
}
