import { randomBytes } from "node:crypto"
import * as Delivery from "./delivery.ts"
import { healthShard, type DueEntry } from "./due.ts"
import { updateItem, type Update } from "./item.ts"
import { deliveryKey, endpointKey, type DeliveryRef, type Key } from "./keys.ts"
import type { Table } from "./table.ts"

// What is for a pull endpoint stands in the index `due`, in a shard of the endpoint's own that `release` does not read. A
// lease is a move of its `dueAt`: until then nobody else is given it.

const DAY_MS = 24 * 3600 * 1000

/** One for an endpoint: an empty fetch costs one read. */
export const pullShard = (endpointId: string) => `pull#${endpointId}`

/** How an item waits to be fetched from `at` on. */
export const waitingFrom = (
  endpointId: string,
  at: number,
): NonNullable<Delivery.Change["due"]> => ({
  at,
  nextAt: at,
  shard: pullShard(endpointId),
})

/** By what is leased: random, and when that was. */
export const makeLease = (now: number) =>
  `${randomBytes(9).toString("base64url")}.${now.toString(36)}`

/** When a lease was given, epoch ms; undefined where the text is none. */
export function timeOfLease(lease: string): number | undefined {
  const [, time] = /^[\w-]{12}\.([0-9a-z]{1,10})$/.exec(lease) ?? []
  return time === undefined ? undefined : Number.parseInt(time, 36)
}

/** Gives an entry to one of those who want it, until `until`: false where it is another's, or is gone. */
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

export type Ack = { endpointId: string; ref: DeliveryRef; lease: string }

/** The receiver has it. Whoever says so late counts, unless it was leased anew; whoever says so twice, too. */
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

/** From the moment on that an item has so little of its time left, it counts as never fetched. */
const LEFT_MS = DAY_MS

export const pastAt = ({ expiresAt }: Pick<Delivery.Delivery, "expiresAt">): number =>
  expiresAt * 1000 - LEFT_MS

/** What an endpoint's own entry says at first: it is looked at once a day, and when something passes. */
export const watchFrom = (endpointId: string, now: number) => ({
  endpointId,
  dueShard: healthShard(endpointId),
  dueAt: now + DAY_MS,
})

export const WATCH_EVERY_MS = DAY_MS

/** It is looked at again at that time, where that is sooner than planned. */
export const watchSooner = (table: Table, tenant: string, endpointId: string, at: number) =>
  change(table, endpointKey(tenant, endpointId), {
    update: "SET dueAt = :at",
    condition: "dueAt > :at",
    values: { ":at": at },
  })

/** It is looked at no more. */
export const unwatch = (table: Table, tenant: string, endpointId: string) =>
  change(table, endpointKey(tenant, endpointId), {
    update: "REMOVE dueShard, dueAt",
    condition: "attribute_exists(dueShard)",
  })

const change = async (table: Table, { pk, sk }: Key, update: Update): Promise<boolean> =>
  (await updateItem(table, { pk, sk }, update)) !== undefined
