import { parseDelivery } from "./delivery.ts"
import { parseEvent } from "./event.ts"
import { query, type Item, type Query } from "./item.ts"
import {
  auditPartition,
  CALL_SHARDS,
  callPartition,
  claimPartition,
  DELIVERY_SHARDS,
  deliveryPartition,
  EVENT_SHARDS,
  erasedPartition,
  eventPartition,
  loggedCallPartition,
  RECORD_SHARDS,
  recordPartition,
  testRoom,
  type Key,
} from "./item-keys.ts"
import { parseRecord, storedKinds } from "./record.ts"
import type { Table } from "./table.ts"

/** The position in a walk through a whole log: the number of a partition, and a sort key in it. */
export type Place = { shard: number; after?: string }
export type Walked<T> = { items: T[]; next: Place | undefined }

type Partitions = { pks: string[]; filter?: Filter; attributes?: readonly string[] }
type Filter = Pick<Query, "filter" | "names" | "values">

/** A page of all events of a tenant, partition by partition. Each event is read once. */
export const walkEvents = (table: Table, tenant: string, place: Place, limit: number) =>
  walk(table, { pks: numbered(EVENT_SHARDS, tenant, eventPartition) }, place, limit, parseEvent)

/**
 * The same for deliveries that contain more than their status: those that are not delivered, or not
 * on the first attempt.
 */
export function walkDeliveries(table: Table, tenant: string, place: Place, limit: number) {
  const filter = {
    // A delivered one has a text if its connector skipped the call.
    filter:
      "#status <> :delivered OR attemptCount > :one OR attribute_exists(attempts[0].#steps) OR attribute_type(attempts[0].#error, :text)",
    names: { "#status": "status", "#steps": "steps", "#error": "error" },
    values: { ":delivered": "delivered", ":one": 1, ":text": "S" },
  }
  const pks = numbered(DELIVERY_SHARDS, tenant, deliveryPartition)
  return walk(table, { pks, filter }, place, limit, parseDelivery)
}

/** A page of all records of a tenant, including those reported only by tests. */
export function walkRecords(table: Table, tenant: string, place: Place, limit: number) {
  return walk(table, { pks: recordPartitions(tenant) }, place, limit, parseRecord)
}

const recordPartitions = (tenant: string) =>
  [...storedKinds, ...storedKinds.map(testRoom)].flatMap((room) =>
    numbered(RECORD_SHARDS, tenant, (_, shard) => recordPartition(tenant, room, shard)),
  )

/** A page of the keys of what a connector has stored about calls. */
export function walkLoggedCalls(
  table: Table,
  { tenant, endpointId }: { tenant: string; endpointId: string },
  place: Place,
  limit: number,
): Promise<Walked<Key>> {
  const pks = numbered(CALL_SHARDS, tenant, loggedCallPartition)
  const filter = { filter: "endpointId = :endpointId", values: { ":endpointId": endpointId } }
  const attributes = ["pk", "sk"]
  return walk(table, { pks, filter, attributes }, place, limit, (item) => item as Key)
}

/**
 * The position in a walk through several partitions side by side: those that are begun, and the
 * number of the first that is not.
 */
export type SidePlace = { open: Place[]; from: number }

// A key takes a thousand write units per second. The walk reads these partitions in turn, so what is
// done with their items is spread over as many keys.
const SIDE_BY_SIDE = 8

/**
 * A page of the keys of all of a tenant's items except its sources. Items in partitions of their
 * own (responses to Idempotency-Keys, replay notes, accepted versions) are not included: they name
 * nobody, or expire within minutes.
 */
export async function walkTenant(
  table: Table,
  tenant: string,
  { open, from }: SidePlace,
  limit: number,
): Promise<{ items: Key[]; next: SidePlace | undefined }> {
  const pks = [
    ...recordPartitions(tenant),
    ...numbered(EVENT_SHARDS, tenant, eventPartition),
    ...numbered(EVENT_SHARDS, tenant, claimPartition),
    ...numbered(CALL_SHARDS, tenant, callPartition),
    ...numbered(CALL_SHARDS, tenant, loggedCallPartition),
    ...numbered(DELIVERY_SHARDS, tenant, deliveryPartition),
    erasedPartition(tenant),
    auditPartition(tenant),
    tenant,
  ]
  const attributes = ["pk", "sk"]
  const items: Key[] = []
  const begun = [...open]
  let unread = from
  for (let seen = 0; seen < limit;) {
    while (begun.length < SIDE_BY_SIDE && unread < pks.length) begun.push({ shard: unread++ })
    const place = begun.shift()
    if (!place) break
    const page = await readAt(table, { pks, attributes }, place, limit - seen)
    items.push(...(page.items as Key[]))
    seen += page.scanned
    if (page.after !== undefined) begun.push({ ...place, after: page.after })
  }
  return {
    items: items.filter(({ sk }) => !sk.startsWith("SRC#")),
    next: begun.length > 0 || unread < pks.length ? { open: begun, from: unread } : undefined,
  }
}

const numbered = (
  count: number,
  tenant: string,
  partition: (tenant: string, shard: number) => string,
) => Array.from({ length: count }, (_, shard) => partition(tenant, shard))

/**
 * Reads until it has this many items or has read as many. A page can be short, and empty with
 * filters.
 */
async function walk<T>(
  table: Table,
  partitions: Partitions,
  place: Place,
  limit: number,
  parse: (item: Item) => T,
): Promise<Walked<T>> {
  const items: T[] = []
  let { shard, after } = place
  for (let seen = 0; seen < limit;) {
    const page = await readAt(table, partitions, placeOf(shard, after), limit - seen)
    items.push(...page.items.map(parse))
    seen += page.scanned
    after = page.after
    if (after === undefined && ++shard === partitions.pks.length) return { items, next: undefined }
  }
  return { items, next: placeOf(shard, after) }
}

const placeOf = (shard: number, after: string | undefined): Place =>
  after === undefined ? { shard } : { shard, after }

/** `after`: where the partition goes on, if it may have more. */
async function readAt(
  table: Table,
  { pks, filter, attributes }: Partitions,
  { shard, after }: Place,
  limit: number,
) {
  const pk = pks[shard]!
  const { items, scanned, last } = await query(table, {
    ...filter,
    where: "pk = :pk",
    values: { ...filter?.values, ":pk": pk },
    attributes,
    consistent: true,
    limit,
    start: after === undefined ? undefined : { pk, sk: after },
  })
  return { items, scanned, after: last?.["sk"] as string | undefined }
}
