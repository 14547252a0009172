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
import { healthKey } from "./item-keys.ts"
import { queryAll } from "./live-item.ts"
import type { Table } from "./table.ts"

/**
 * An endpoint's health. While the endpoint is healthy, there is no item and nothing is written.
 * Times are epoch ms.
 */
const Health = v.object({
  /** Consecutive failures. */
  failures: v.optional(v.number(), 0),
  failingSince: v.optional(v.number()),
  /**
   * The state of its breaker, see breaker-state.ts. `resting`: open. `waking`: closed again, and
   * parked deliveries are being sent.
   */
  state: v.optional(v.picklist(["resting", "waking"])),
  /** No probe before this time, except by the holder of the lease. */
  leaseUntil: v.optional(v.number()),
  /** When it started waking. */
  wokenAt: v.optional(v.number()),
  /** When it last responded slowly. */
  slowAt: v.optional(v.number()),
  /** How long its POSTs take on average, in ms, as estimated when that was recorded. */
  slowMs: v.optional(v.number()),
  /** It asked for fewer requests: no new deliveries are sent until this time. */
  pausedUntil: v.optional(v.number()),
  /** When the next slot of its rate limit is free. */
  nextFree: v.optional(v.number()),
  /** When deliveries with a slot of the time when it was slow last got new ones. */
  spreadAt: v.optional(v.number()),
  /**
   * The job that sends parked deliveries, see wake-position.ts: its step, its rate (per second),
   * and the end of its lease.
   */
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

/**
 * Since when all attempts have failed at these endpoints, in epoch ms. Healthy endpoints are
 * omitted.
 */
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

/** Deletes the health of a deleted endpoint, including its due entry. */
export const remove = (table: Table, tenant: string, endpointId: string) =>
  deleteItem(table, healthKey(tenant, endpointId))

// A third of the time for which workers consider it slow.
const SLOW_KNOWN_MS = 20_000

/**
 * Records that the endpoint is slow, so that other workers move its deliveries to the retry queue.
 * `estimate`: how long its POSTs take, in ms, if it has just become slow or if it still is. Undefined
 * if another worker has just recorded it: all workers would announce it otherwise, in one partition
 * that all of them read.
 */
export async function recordSlow(
  table: Table,
  tenant: string,
  endpointId: string,
  estimate: (isNew: boolean) => number | undefined = () => undefined,
) {
  const { slowAt = -Infinity } = await get(table, tenant, endpointId, { consistent: true })
  if (table.now() - slowAt < SLOW_KNOWN_MS) return undefined
  // Workers that know it as slow read it again by themselves.
  const isNew = table.now() - slowAt > 3 * SLOW_KNOWN_MS
  if (isNew) await announceChange(table, tenant)
  const values = { ":now": table.now(), ":endpointId": endpointId }
  const update = "SET slowAt = :now, endpointId = :endpointId"
  const slowMs = estimate(isNew)
  return slowMs === undefined
    ? changeHealth(table, tenant, endpointId, { update: `${update} REMOVE slowMs`, values })
    : changeHealth(table, tenant, endpointId, {
        update: `${update}, slowMs = :slow`,
        values: { ...values, ":slow": Math.round(slowMs) },
      })
}

/** How many of the tenant's endpoints were recorded as slow after `since` (epoch ms). */
export async function countSlow(table: Table, tenant: string, since: number): Promise<number> {
  const items = await queryAll(table, tenant, healthKey(tenant, "").sk, ["slowAt"])
  return items.filter((item) => (parse(item).slowAt ?? -Infinity) > since).length
}

/** Records that the endpoint asked for fewer requests: no new deliveries until this time. */
export async function pause(table: Table, tenant: string, endpointId: string, until: number) {
  return changeHealth(table, tenant, endpointId, {
    update: "SET pausedUntil = :until, endpointId = :endpointId",
    condition: "attribute_not_exists(pausedUntil) OR pausedUntil < :until",
    values: { ":until": until, ":endpointId": endpointId },
  })
}

/**
 * Updates a part of an endpoint's health. Returns the new health, or undefined if the condition
 * failed.
 */
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
