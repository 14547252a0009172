import { announceIfKept } from "./changes.ts"
import { createItem, deleteItem, type Item } from "./item.ts"
import type { Key } from "./item-keys.ts"
import { release, reserve, type Kind, type Place } from "./quota.ts"
import type { Table } from "./table.ts"
import * as Tenant from "./tenant.ts"

/** Why nothing was created: the tenant has reached its limit, or is deleted. */
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

/** The maximum number of resources of a kind per tenant. Existing ones above it are kept. */
export type Limit = { limit?: number }

/** Creates a resource of a tenant, or throws CreationRefused. */
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
  // Checked after the creation: a later deletion of the tenant lists this resource too, and an
  // earlier one is visible here.
  const owner = await Tenant.get(table, tenant, { consistent: true })
  if (owner) return
  await removeOwned(table, place, () => deleteItem(table, { pk: item.pk, sk: item.sk }))
  throw new CreationRefused("gone", kind)
}

/**
 * Removes a resource and releases its place. Both steps are repeated if an earlier request died in
 * between.
 */
export async function removeOwned(
  table: Table,
  place: Place,
  remove: () => Promise<boolean>,
): Promise<boolean> {
  const isRemoved = await remove()
  await release(table, place)
  return isRemoved
}
