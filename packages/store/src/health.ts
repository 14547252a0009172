import * as v from "valibot"
import { announceChange } from "./changes.ts"
import {
  deleteItem,
  getItem,
  getItems,
  updateItem,
  type Item,
  type ReadOptions,
  type Update,
} from "./item.ts"
import { healthKey } from "./keys.ts"
import type { Table } from "./table.ts"

/** An endpoint's health. There is no item, and nothing is written, while all is well. Times are epoch ms. */
const Health = v.object({
  /** Failures in a row. */
  failures: v.optional(v.number(), 0),
  failingSince: v.optional(v.number()),
  /** Of its breaker, see breaker-state.ts. `resting`: open. `waking`: closed again, and what was parked is fetched. */
  state: v.optional(v.picklist(["resting", "waking"])),
  /** No probe before that time but the one that holds the lease. */
  leaseUntil: v.optional(v.number()),
  /** When it began to wake. */
  wokenAt: v.optional(v.number()),
  /** When it was last slow to answer. */
  slowAt: v.optional(v.number()),
  /** It asked for less: until then nothing new is sent. */
  pausedUntil: v.optional(v.number()),
  /** When the next slot of its rate limit is free. */
  nextFree: v.optional(v.number()),
  /** Of the job that sends what was parked, see wake-position.ts: its step, its rate (a second), and until when it is alive. */
  wake: v.optional(v.object({ step: v.number(), rate: v.number(), until: v.number() })),
})
export type Health = v.InferOutput<typeof Health>

const parse = (item: Item | undefined): Health => v.parse(Health, item ?? {})

export async function get(
  table: Table,
  tenant: string,
  endpointId: string,
  options: ReadOptions = {},
): Promise<Health> {
  return parse(await getItem(table, healthKey(tenant, endpointId), options))
}

/** Since when all has failed at those endpoints, in epoch ms; those at which all is well are left out. */
export async function failingOf(
  table: Table,
  tenant: string,
  endpointIds: readonly string[],
): Promise<{ endpointId: string; failingSince: number }[]> {
  const items = await getItems(
    table,
    endpointIds.map((each) => healthKey(tenant, each)),
  )
  const known = new Map(items.map((item) => [item["sk"], parse(item).failingSince]))
  return endpointIds.flatMap((endpointId) => {
    const failingSince = known.get(healthKey(tenant, endpointId).sk)
    return failingSince === undefined ? [] : [{ endpointId, failingSince }]
  })
}

/** Nothing is remembered of an endpoint that is gone, and nothing of it falls due. */
export const remove = (table: Table, tenant: string, endpointId: string) =>
  deleteItem(table, healthKey(tenant, endpointId))

/** Noted so that other workers give its deliveries a queue where they delay nobody. */
export async function recordSlow(table: Table, tenant: string, endpointId: string) {
  await announceChange(table, tenant)
  return changeHealth(table, tenant, endpointId, {
    update: "SET slowAt = :now, endpointId = :endpointId",
    values: { ":now": table.now(), ":endpointId": endpointId },
  })
}

/** It answered that it is too much: nothing new until then. */
export async function pause(table: Table, tenant: string, endpointId: string, until: number) {
  return changeHealth(table, tenant, endpointId, {
    update: "SET pausedUntil = :until, endpointId = :endpointId",
    condition: "attribute_not_exists(pausedUntil) OR pausedUntil < :until",
    values: { ":until": until, ":endpointId": endpointId },
  })
}

/** Writes a part of an endpoint's health; as it is then, or undefined where the condition did not hold. */
export async function changeHealth(
  table: Table,
  tenant: string,
  endpointId: string,
  update: Update,
): Promise<Health | undefined> {
  const key = healthKey(tenant, endpointId)
  const changed = await updateItem(table, key, { ...update, returns: "ALL_NEW" })
  return changed && parse(changed.item)
}
