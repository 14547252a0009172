import { announceIfKept } from "./changes.ts"
import { createItem, deleteItem, type Item } from "./item.ts"
import type { Key } from "./keys.ts"
import { release, reserve, type Kind, type Place } from "./quota.ts"
import type { Table } from "./table.ts"
import * as Tenant from "./tenant.ts"

/** Why nothing was made: the tenant has as many of them as it may have, or is deleted. */
export class CreationRefused extends Error {
  readonly reason: "limit" | "gone"
  readonly kind: Kind

  constructor(reason: "limit" | "gone", kind: Kind) {
    super(reason === "limit" ? "the tenant has as many as it may have" : "the tenant is deleted")
    this.name = "CreationRefused"
    this.reason = reason
    this.kind = kind
  }
}

/** Of how many of a kind a tenant may have; more that are there already stay. */
export type Limit = { limit?: number }

/** Creates a thing of a tenant's, or throws CreationRefused. */
export async function createOwned(
  table: Table,
  place: Place,
  item: Key & Item,
  { limit = Infinity }: Limit,
): Promise<void> {
  const { tenant, kind } = place
  if (!(await reserve(table, place, limit))) throw new CreationRefused("limit", kind)
  await announceIfKept(table, item)
  await createItem(table, item)
  // Judged after it was made: who deletes the tenant later lists this too, and who deleted it before is seen here.
  const owner = await Tenant.get(table, tenant, { consistent: true })
  if (owner) return
  await removeOwned(table, place, () => deleteItem(table, { pk: item.pk, sk: item.sk }))
  throw new CreationRefused("gone", kind)
}

/** Removes a thing and gives its place back. Both are done again for whoever died between them and asks again. */
export async function removeOwned(
  table: Table,
  place: Place,
  remove: () => Promise<boolean>,
): Promise<boolean> {
  const isRemoved = await remove()
  await release(table, place)
  return isRemoved
}
