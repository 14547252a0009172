import * as v from "valibot"
import { timeOfId } from "@ringback/events/ids"
import { createItem, getItem, updateItem, type Item } from "./item.ts"
import { quotaKey } from "./item-keys.ts"
import { queryAll } from "./live-item.ts"
import type { Table } from "./table.ts"

/** The resources with a limit per tenant, by the prefix of their sort keys. */
export type Kind = "KEY" | "SRC" | "EP"

export type Place = { tenant: string; kind: Kind; id: string }

/**
 * The ids of a tenant's existing resources of one kind. An id is added before its resource is
 * created, on condition that there is room, and removed after its resource is deleted. So no two
 * requests can take the last place, on any instances.
 */
const Quota = v.object({
  ids: v.optional(v.set(v.string()), () => new Set<string>()),
})

// Longer than any request: an older id without a resource was left by a request that died.
const LEASE_MS = 10 * 60 * 1000
const BETWEEN_REPAIRS_MS = 60 * 1000
const ATTEMPTS = 4

/** Reserves a place for a resource that is about to be created. False if all are taken. */
export async function reserve(table: Table, place: Place, limit: number): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await add(table, place, limit)) return true
    const item = await getItem(table, keyOf(place), { consistent: true })
    if (!item) await begin(table, place)
    else {
      const { ids } = v.parse(Quota, item)
      // The write succeeded and its response was lost.
      if (ids.has(place.id)) return true
      if (ids.size >= limit && !(await repair(table, place, ids))) return false
    }
  }
  return false
}

/** Releases the place of a resource that was deleted or not created. */
export async function release(table: Table, place: Place): Promise<void> {
  await change(table, place, "DELETE ids :ids", "attribute_exists(pk)", {
    ":ids": new Set([place.id]),
  })
}

const add = (table: Table, place: Place, limit: number) =>
  change(
    table,
    place,
    "ADD ids :ids",
    "attribute_exists(pk) AND (attribute_not_exists(ids) OR size(ids) < :limit)",
    { ":ids": new Set([place.id]), ":limit": Math.min(limit, Number.MAX_SAFE_INTEGER) },
  )

/** Adds resources from the time before limits existed, whatever their number. */
async function begin(table: Table, place: Place): Promise<void> {
  const ids = await livingIds(table, place)
  await createItem(table, { ...keyOf(place), ...(ids.size > 0 && { ids }) })
}

/**
 * Removes ids without a resource, which remain if a request died between the two steps. It reads
 * all resources of the tenant, so it runs at most once a minute. Returns whether there may be room
 * now.
 */
async function repair(table: Table, place: Place, ids: Set<string>): Promise<boolean> {
  const now = table.now()
  const isTurn = await change(
    table,
    place,
    "SET checkedAt = :now",
    "attribute_exists(pk) AND (attribute_not_exists(checkedAt) OR checkedAt <= :before)",
    { ":now": now, ":before": now - BETWEEN_REPAIRS_MS },
  )
  if (!isTurn) return false
  const living = await livingIds(table, place)
  const isLeft = (id: string) => !living.has(id) && timeOfId(id) < now - LEASE_MS
  const left = [...ids].filter(isLeft)
  if (left.length === 0) return false
  return change(table, place, "DELETE ids :ids", "attribute_exists(pk)", { ":ids": new Set(left) })
}

async function livingIds(table: Table, { tenant, kind }: Place): Promise<Set<string>> {
  const items = await queryAll(table, tenant, `${kind}#`, ["id"])
  return new Set(items.map(({ id }) => id as string))
}

const keyOf = ({ tenant, kind }: Place) => quotaKey(tenant, kind)

/** False if the condition failed. */
async function change(
  table: Table,
  place: Place,
  update: string,
  condition: string,
  values: Item,
): Promise<boolean> {
  return (await updateItem(table, keyOf(place), { update, condition, values })) !== undefined
}
