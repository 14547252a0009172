import { changeHealth, type Health } from "./health.ts"
import type { Table } from "./table.ts"

/**
 * Takes `count` slots of a rate limit, `intervalMs` apart, and returns the time of the first one.
 * Slots are assigned by one atomic write, so that concurrent workers respect the rate together.
 */
export async function takeSlots(
  table: Table,
  tenant: string,
  endpointId: string,
  count: number,
  intervalMs: number,
): Promise<number> {
  const now = table.now()
  const width = Math.ceil(count * intervalMs)
  const fresh = await changeHealth(table, tenant, endpointId, {
    update: "SET nextFree = :next, endpointId = :endpointId",
    condition: "attribute_not_exists(nextFree) OR nextFree <= :now",
    values: { ":next": now + width, ":now": now, ":endpointId": endpointId },
  })
  if (fresh) return now
  const queued = await changeHealth(table, tenant, endpointId, {
    update: "ADD nextFree :width",
    condition: "attribute_exists(nextFree)",
    values: { ":width": width },
  })
  // They were dropped in the meantime.
  if (!queued) return takeSlots(table, tenant, endpointId, count, intervalMs)
  return queued.nextFree! - width
}

/**
 * Restarts the slots if they are taken beyond `until` (epoch ms), because the endpoint is not slow
 * any more. Undefined if that has been decided since it was slow.
 */
export async function dropSlowSlots(
  table: Table,
  tenant: string,
  endpointId: string,
  until: number,
): Promise<{ health: Health; isDropped: boolean } | undefined> {
  const condition =
    "attribute_exists(slowAt) AND (attribute_not_exists(spreadAt) OR spreadAt < slowAt)"
  const now = table.now()
  const dropped = await changeHealth(table, tenant, endpointId, {
    update: "SET spreadAt = :now REMOVE nextFree",
    condition: `${condition} AND nextFree > :until`,
    values: { ":now": now, ":until": until },
  })
  if (dropped) return { health: dropped, isDropped: true }
  const decided = await changeHealth(table, tenant, endpointId, {
    update: "SET spreadAt = :now",
    condition,
    values: { ":now": now },
  })
  return decided && { health: decided, isDropped: false }
}

/**
 * Has `dropSlowSlots` of that time drop the slots once more, because what should have followed it
 * did not.
 */
export async function forgetSpread(
  table: Table,
  tenant: string,
  endpointId: string,
  { at, until }: { at: number; until: number },
) {
  return changeHealth(table, tenant, endpointId, {
    update: "SET nextFree = :beyond REMOVE spreadAt",
    condition: "spreadAt = :at",
    values: { ":at": at, ":beyond": until + 1 },
  })
}

/** Restarts the slots at once, because the rate changed. */
export async function dropSlots(table: Table, tenant: string, endpointId: string) {
  return changeHealth(table, tenant, endpointId, {
    update: "REMOVE nextFree",
    condition: "attribute_exists(nextFree)",
  })
}

/** Restarts the slots at `from` (epoch ms), unless the next one is free earlier. */
export async function moveSlots(table: Table, tenant: string, endpointId: string, from: number) {
  return changeHealth(table, tenant, endpointId, {
    update: "SET nextFree = :from",
    condition: "nextFree > :from",
    values: { ":from": from },
  })
}
