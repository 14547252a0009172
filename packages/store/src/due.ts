import * as v from "valibot"
import { query, updateItem, type Item } from "./item.ts"
import { DUE_SHARDS, dueShard, hashOf, type DeliveryRef } from "./item-keys.ts"
import { readItems } from "./readable.ts"
import type { Table } from "./table.ts"

// Pending deliveries are in the index `due`: in one of the common shards, which `release` reads
// every minute, or parked with their endpoint while its breaker is open. Parked entries cost
// nothing until the endpoint recovers.

const PARKING_SHARDS = 4
export const parkingShards = (endpointId: string) =>
  Array.from({ length: PARKING_SHARDS }, (_, shard) => `parked#${endpointId}#${shard}`)

export const parkingShardOf = (endpointId: string, ref: DeliveryRef) =>
  `parked#${endpointId}#${ref.hash.readUInt8(3) % PARKING_SHARDS}`

/**
 * The index entry of a delivery. The entry of an endpoint's health item (`sk` HEALTH#...) has no
 * event.
 */
const DueEntry = v.object({
  pk: v.string(),
  sk: v.string(),
  dueShard: v.string(),
  dueAt: v.number(),
  endpointId: v.string(),
  eventId: v.optional(v.string()),
  eventType: v.optional(v.string()),
  turn: v.optional(v.number()),
})
export type DueEntry = v.InferOutput<typeof DueEntry>

/** A pull endpoint's own entry: when its unfetched deliveries are checked. */
export const isPullEntry = (entry: DueEntry) => entry.sk.startsWith("EP#")
export const isHealthEntry = (entry: DueEntry) => entry.sk.startsWith("HEALTH#")

export type DuePage = { entries: DueEntry[]; next: Item | undefined }

/** The entries of this shard that are due by `until`, the longest waiting first. */
export async function listDue(
  table: Table,
  shard: string,
  until: number,
  limit: number,
  start?: Item,
): Promise<DuePage> {
  const { items, last } = await query(table, {
    index: "due",
    where: "dueShard = :shard AND dueAt <= :until",
    values: { ":shard": shard, ":until": until },
    limit,
    start,
  })
  return { entries: readItems(table, items, (item) => v.parse(DueEntry, item)), next: last }
}

type Place = { at: number; shard: string }

/**
 * Moves an entry to another time on condition that it has not moved since it was read. If two
 * callers try, one succeeds. After a crash it is released again at that time, never lost.
 */
export const moveDue = async (table: Table, entry: DueEntry, to: Place): Promise<boolean> =>
  (await move(table, entry, to)) !== undefined

/**
 * Claims a delivery in order to send it, and moves its entry to the time at which it is sent again.
 * `wasSent`: it had been claimed in place. Undefined if it has moved since it was read.
 */
export async function claimByMove(
  table: Table,
  entry: DueEntry,
  to: Place,
): Promise<{ wasSent: boolean } | undefined> {
  const before = await move(table, entry, to)
  return before && { wasSent: before["sentFor"] === entry.dueAt }
}

/**
 * Claims a delivery in order to send it, and leaves its entry where it is: the outcome of the
 * attempt will move it. That spares the write units of the index.
 */
export async function claimInPlace(table: Table, entry: DueEntry): Promise<boolean> {
  const { pk, sk, dueAt, dueShard: shard } = entry
  const claimed = await updateItem(
    table,
    { pk, sk },
    {
      update: "SET sentFor = :at",
      condition:
        "dueAt = :at AND dueShard = :shard AND (attribute_not_exists(sentFor) OR sentFor <> :at)",
      values: { ":at": dueAt, ":shard": shard },
    },
  )
  return claimed !== undefined
}

/** The changed attributes as they were. Undefined if the entry has moved since it was read. */
async function move(table: Table, entry: DueEntry, to: Place): Promise<Item | undefined> {
  const { pk, sk, dueAt, dueShard: was } = entry
  const moved = await updateItem(
    table,
    { pk, sk },
    {
      update: "SET dueAt = :to, dueShard = :shard REMOVE sentFor",
      condition: "dueAt = :at AND dueShard = :was",
      values: { ":to": to.at, ":shard": to.shard, ":at": dueAt, ":was": was },
      returns: "UPDATED_OLD",
    },
  )
  return moved && (moved.item ?? {})
}

/** When the first entry for `release` is due, epoch ms. Infinity if there is none. */
export async function firstDueAt(table: Table): Promise<number> {
  const pages = await Promise.all(
    commonShards.map((shard) => listDue(table, shard, Number.MAX_SAFE_INTEGER, 1)),
  )
  return Math.min(...pages.flatMap(({ entries }) => entries.map(({ dueAt }) => dueAt)))
}

export const commonShards = Array.from({ length: DUE_SHARDS }, (_, shard) => dueShard(shard))

/** The common shard of an endpoint's own entry. */
export const healthShard = (endpointId: string) =>
  dueShard(hashOf(endpointId).readUInt8(1) % DUE_SHARDS)
