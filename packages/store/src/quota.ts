import * as v from "valibot"
import { timeOfId } from "@ringback/events/ids"
import { createItem, getItem, updateItem, type Item } from "./item.ts"
import { quotaKey } from "./keys.ts"
import { queryAll } from "./live-item.ts"
import type { Table } from "./table.ts"

/** What a tenant may have only so many of, by the prefix of its sort keys. */
export type Kind = "KEY" | "SRC" | "EP"

export type Place = { tenant: string; kind: Kind; id: string }

/**
 * The ids of a tenant's living things of one kind. An id is added before its thing is made, on condition that there is
 * room, and taken out after its thing is gone: so no two requests can take the last place, on whatever instance they run.
 */
const Quota = v.object({
  ids: v.optional(v.set(v.string()), () => new Set<string>()),
})

// Longer than any request: an id without a thing is then left over from a request that died.
const LEASE_MS = 10 * 60 * 1000
const BETWEEN_REPAIRS_MS = 60 * 1000
const ATTEMPTS = 4

/** Takes a place for a thing that is about to be made; false where all are taken. */
export async function reserve(table: Table, place: Place, limit: number): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await add(table, place, limit)) return true
    const item = await getItem(table, keyOf(place), { consistent: true })
    if (!item) await begin(table, place)
    else {
      const { ids } = v.parse(Quota, item)
      // The write was done and its answer lost.
      if (ids.has(place.id)) return true
      if (ids.size >= limit && !(await repair(table, place, ids))) return false
    }
  }
  return false
}

/** Gives the place of a thing back that is gone, or was not made. */
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

/** What a tenant has from a time without limits counts too, however much it is. */
async function begin(table: Table, place: Place): Promise<void> {
  const ids = await livingIds(table, place)
  await createItem(table, { ...keyOf(place), ...(ids.size > 0 && { ids }) })
}

/**
 * Takes out what has no thing: whoever reserved it died before it was made, or before it was taken out. Reads all that
 * the tenant has, so it is done once a minute at most. Whether there may be room now.
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

/** False where the condition did not hold. */
async function change(
  table: Table,
  place: Place,
  update: string,
  condition: string,
  values: Item,
): Promise<boolean> {
  return (await updateItem(table, keyOf(place), { update, condition, values })) !== undefined
}
