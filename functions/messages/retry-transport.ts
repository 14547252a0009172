import type { Delivery, Due } from "@ringback/store/delivery"
import { claimByMove, claimInPlace, parkingShardOf, type DueEntry } from "@ringback/store/due"
import type { DeliveryFacts } from "@ringback/store/delivery-facts"
import { deliveryRefOf, dueShardOf } from "@ringback/store/item-keys"
import type { Table } from "@ringback/store/table"
import { isSoon } from "@ringback/webhooks/retry-schedule"

// WHEN A PENDING DELIVERY IS TRIED AGAIN, AND WHAT CARRIES IT
//
//   tried again          | carried by                           | its entry in the table falls due
//   within 15 minutes    | a delayed message in the retry queue | 15 minutes later: should the message be lost
//   later                | `release`                            | at that time
//   the breaker closes   | a probe, or the job `wake`           | in a shard that only those two read
//
// A delivery that `release` sends stays in the table as well: it is due again 15 minutes later. Its
// entry is moved there only if it is still there a minute after its time. Most attempts end before,
// and move it to the time of the next one: moving an index entry is two write units.

/** When a pending delivery is sent again although a message for it was sent. */
export const RESENT_AFTER_MS = 15 * 60_000
const MOVED_AFTER_MS = 60_000

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

/** The time for which a message of this pending delivery was sent, if one was. */
export function sentTimeOf({
  status,
  nextAt,
  dueAt,
  sentFor,
}: Pick<Delivery, "status" | "nextAt" | "dueAt" | "sentFor">): number | undefined {
  if (status !== "pending" || nextAt === undefined || dueAt === undefined) return undefined
  if (sentFor === dueAt) return dueAt
  return dueAt - nextAt >= RESENT_AFTER_MS ? dueAt - RESENT_AFTER_MS : undefined
}

/**
 * Claims a due delivery in order to send it. If two workers try, only one succeeds. `moves`: its
 * entry is moved in any case, so that nobody reads it again soon.
 */
export async function takeDue(
  table: Table,
  entry: DueEntry,
  { moves = false } = {},
): Promise<boolean> {
  const now = table.now()
  const shard = dueShardOf(deliveryRefOf(entry))
  const overdueMs = now - entry.dueAt
  const stays = !moves && overdueMs < MOVED_AFTER_MS && entry.dueShard === shard
  if (stays) return claimInPlace(table, entry)
  const at = Math.max(now, entry.dueAt) + RESENT_AFTER_MS
  const claimed = await claimByMove(table, entry, { at, shard })
  return claimed !== undefined && (!claimed.wasSent || overdueMs >= RESENT_AFTER_MS)
}
