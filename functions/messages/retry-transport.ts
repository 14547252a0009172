import type { Delivery, Due } from "@ringback/store/delivery"
import { moveDue, parkingShardOf, type DueEntry } from "@ringback/store/due"
import type { DeliveryFacts } from "@ringback/store/delivery-facts"
import { deliveryRefOf, dueShardOf } from "@ringback/store/keys"
import type { Table } from "@ringback/store/table"
import { isSoon } from "@ringback/webhooks/retry-schedule"

// WHEN A PENDING DELIVERY IS TRIED AGAIN, AND WHAT CARRIES IT
//
//   tried again          | carried by                           | its entry in the table falls due
//   within 15 minutes    | a delayed message in the retry queue | 15 minutes later: should the message be lost
//   later                | `release`                            | at that time
//   the breaker closes   | a probe, or the job `wake`           | in a shard that only those two read
//
// A delivery that `release` sends stays in the table as well: it is due again 15 minutes later.

const RESENT_AFTER_MS = 15 * 60_000

/** `isByMessage`: the caller sends a delayed message after writing `due`. */
export type RetryPlan = { due: Due; isByMessage: boolean }

/** The plan for an attempt at this time. */
export function plan(nextAt: number, now: number): RetryPlan {
  const isByMessage = isSoon(nextAt - now)
  return {
    due: isByMessage ? { at: nextAt + RESENT_AFTER_MS, nextAt } : byRelease(nextAt),
    isByMessage,
  }
}

/**
 * Always uses `release`, however soon the attempt is. For jobs, which would otherwise send as many
 * messages as they have deliveries.
 */
export const byRelease = (nextAt: number): Due => ({ at: nextAt, nextAt })

/** The delivery waits until its endpoint's breaker closes. */
export const parked = (now: number, { endpointId, ref }: DeliveryFacts): Due => ({
  at: now,
  nextAt: now,
  shard: parkingShardOf(endpointId, ref),
})

/** When the delayed message of this delivery is due. Undefined if there is none. */
export function messageTimeOf(
  { status, nextAt, dueAt }: Delivery,
  now: number,
): number | undefined {
  if (status !== "pending" || nextAt === undefined) return undefined
  const planned = plan(nextAt, now)
  return planned.isByMessage && dueAt === planned.due.at ? nextAt : undefined
}

/** Claims a due delivery in order to send it. If two workers try, only one succeeds. */
export function takeDue(table: Table, entry: DueEntry): Promise<boolean> {
  const at = Math.max(table.now(), entry.dueAt) + RESENT_AFTER_MS
  return moveDue(table, entry, { at, shard: dueShardOf(deliveryRefOf(entry)) })
}
