import { randomBytes } from "node:crypto"
import * as Delivery from "./delivery.ts"
import { healthShard, type DueEntry } from "./due.ts"
import { updateItem, type Update } from "./item.ts"
import { deliveryKey, endpointKey, type DeliveryRef, type Key } from "./item-keys.ts"
import type { Table } from "./table.ts"

// The deliveries of a pull endpoint are in the index `due`, in a shard of the endpoint that
// `release` does not read. A lease moves `dueAt` to its end: until then no other client gets the
// delivery.

const DAY_MS = 24 * 3600 * 1000

/** One shard per endpoint: an empty fetch costs one read. */
export const pullShard = (endpointId: string) => `pull#${endpointId}`

/** The attributes of an item that can be fetched from `at` on. */
export const waitingFrom = (
  endpointId: string,
  at: number,
): NonNullable<Delivery.Change["due"]> => ({
  at,
  nextAt: at,
  shard: pullShard(endpointId),
})

/** Identifies a lease: random, with the time of the lease. */
export const makeLease = (now: number) =>
  `${randomBytes(9).toString("base64url")}.${now.toString(36)}`

/** When a lease was given, epoch ms. Undefined if the text is not a lease. */
export function timeOfLease(lease: string): number | undefined {
  const [, time] = /^[\w-]{12}\.([0-9a-z]{1,10})$/.exec(lease) ?? []
  return time === undefined ? undefined : Number.parseInt(time, 36)
}

/**
 * Leases an entry to one of several callers, until `until`. False if another one has it, or it no
 * longer waits.
 */
export const lease = (table: Table, entry: DueEntry, lease: string, until: number) =>
  change(table, entry, {
    update:
      "SET dueAt = :until, nextAt = :until, lease = :lease, attemptCount = if_not_exists(attemptCount, :zero) + :one",
    condition: "dueAt = :at AND dueShard = :shard",
    values: {
      ":until": until,
      ":lease": lease,
      ":zero": 0,
      ":one": 1,
      ":at": entry.dueAt,
      ":shard": entry.dueShard,
    },
  })

/**
 * Lists an entry behind the others until this time, and available from then on. False if it was
 * leased in the meantime, or no longer waits.
 */
export const putOff = (table: Table, { pk, sk, dueAt, dueShard }: DueEntry, until: number) =>
  change(
    table,
    { pk, sk },
    {
      update: "SET dueAt = :until, nextAt = :until",
      condition: "dueAt = :at AND dueShard = :shard",
      values: { ":until": until, ":at": dueAt, ":shard": dueShard },
    },
  )

export type Ack = { endpointId: string; ref: DeliveryRef; lease: string }

/**
 * Records an ack. A late ack counts unless the delivery was leased again, and a repeated one counts
 * too.
 */
export async function acknowledge(
  table: Table,
  tenant: string,
  { endpointId, ref, lease }: Ack,
): Promise<boolean> {
  const leasedAt = timeOfLease(lease)
  if (leasedAt === undefined) return false
  const now = table.now()
  const attempt: Delivery.Attempt = {
    id: `att_${lease.slice(0, 12)}`,
    at: leasedAt,
    statusCode: null,
    durationMs: Math.max(0, now - leasedAt),
    error: null,
    responseBody: null,
  }
  const isWritten = await change(table, deliveryKey(tenant, ref), {
    update:
      "SET #status = :delivered, turn = turn + :one, attempts = list_append(if_not_exists(attempts, :none), :attempt) REMOVE openKey, dueShard, dueAt, nextAt, reason",
    condition:
      "lease = :lease AND endpointId = :endpointId AND #status IN (:pending, :held, :failed)",
    names: { "#status": "status" },
    values: {
      ":delivered": "delivered",
      ":pending": "pending",
      ":held": "held",
      ":failed": "failed",
      ":one": 1,
      ":none": [],
      ":attempt": [attempt],
      ":lease": lease,
      ":endpointId": endpointId,
    },
  })
  if (isWritten) return true
  const delivery = await Delivery.get(table, tenant, ref, { consistent: true })
  return (
    delivery?.status === "delivered" &&
    delivery.lease === lease &&
    delivery.endpointId === endpointId
  )
}

/** When this much of an item's lifetime is left, it counts as never fetched. */
const LEFT_MS = DAY_MS

export const pastAt = ({ expiresAt }: Pick<Delivery.Delivery, "expiresAt">): number =>
  expiresAt * 1000 - LEFT_MS

/** The initial entry of an endpoint: it is checked once a day, and when a delivery expires. */
export const watchFrom = (endpointId: string, now: number) => ({
  endpointId,
  dueShard: healthShard(endpointId),
  dueAt: now + DAY_MS,
})

export const WATCH_EVERY_MS = DAY_MS
/** When an endpoint is checked again whose check has not ended, such as one that was never sent. */
export const UNCHECKED_AGAIN_MS = 3600 * 1000

/** Plans the next check of the endpoint: in a day, or at this time if that is earlier. */
export const watchNext = (table: Table, tenant: string, endpointId: string, soonest: number) =>
  change(table, endpointKey(tenant, endpointId), {
    update: "SET dueAt = :at",
    condition: "attribute_exists(dueShard)",
    values: { ":at": Math.min(soonest, table.now() + WATCH_EVERY_MS) },
  })

/** The endpoint is not checked any more. */
export const unwatch = (table: Table, tenant: string, endpointId: string) =>
  change(table, endpointKey(tenant, endpointId), {
    update: "REMOVE dueShard, dueAt",
    condition: "attribute_exists(dueShard)",
  })

const change = async (table: Table, { pk, sk }: Key, update: Update): Promise<boolean> =>
  (await updateItem(table, { pk, sk }, update)) !== undefined
