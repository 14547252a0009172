import type { Delivery, Due } from "@ringback/store/delivery"
import { moveDue, parkingShardOf, type DueEntry } from "@ringback/store/due"
import type { DeliveryFacts } from "@ringback/store/delivery-facts"
import { deliveryRefOf, dueShardOf } from "@ringback/store/keys"
import type { Table } from "@ringback/store/table"
import { isSoon } from "@ringback/webhooks/schedule"

// WHEN A PENDING DELIVERY IS TRIED AGAIN, AND WHAT CARRIES IT
//
//   tried again          | carried by                           | its entry in the table falls due
//   within 15 minutes    | a delayed message in the retry queue | 15 minutes later: should the message be lost
//   later                | `release`                            | at that time
//   the breaker closes   | a probe, or the job `wake`           | in a shard that only those two read
//
// What `release` sends is still in the table as well: it falls due again 15 minutes later.

const RESENT_AFTER_MS = 15 * 60_000

/** `isByMessage`: the caller sends a delayed message once `due` is written. */
export type RetryPlan = { due: Due; isByMessage: boolean }

/** The plan for an attempt at that time. */
export function plan(nextAt: number, now: number): RetryPlan {
  const isByMessage = isSoon(nextAt - now)
  return {
    due: isByMessage ? { at: nextAt + RESENT_AFTER_MS, nextAt } : byRelease(nextAt),
    isByMessage,
  }
}

/** However soon it is, `release` carries it: for work in pages, which would send as many messages as it has deliveries. */
export const byRelease = (nextAt: number): Due => ({ at: nextAt, nextAt })

/** It waits until its endpoint's breaker closes. */
export const parked = (now: number, { endpointId, ref }: DeliveryFacts): Due => ({
  at: now,
  nextAt: now,
  shard: parkingShardOf(endpointId, ref),
})

/** When the delayed message that carries this delivery is meant to arrive; undefined where none does. */
export function messageTimeOf(
  { status, nextAt, dueAt }: Delivery,
  now: number,
): number | undefined {
  if (status !== "pending" || nextAt === undefined) return undefined
  const planned = plan(nextAt, now)
  return planned.isByMessage && dueAt === planned.due.at ? nextAt : undefined
}

/** Takes a delivery that falls due, to send it: of two that try, one has it. */
export function takeDue(table: Table, entry: DueEntry): Promise<boolean> {
  const at = Math.max(table.now(), entry.dueAt) + RESENT_AFTER_MS
  return moveDue(table, entry, { at, shard: dueShardOf(deliveryRefOf(entry)) })
}
