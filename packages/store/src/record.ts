import * as v from "valibot"
import { assignmentsOf, deleteItem, getItem, getItems, updateItem, type Item } from "./item.ts"
import { recordKey, recordPartition, RECORD_SHARDS } from "./item-keys.ts"
import { readMerged } from "./list-page.ts"
import { ITEM_VERSION, readItems } from "./readable.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

/** The kinds of the dialler's records whose last known state is stored. */
export const storedKinds = ["campaign", "plan", "dlma", "destination", "dllist"] as const
export type StoredKind = (typeof storedKinds)[number]

/** A record as stored. */
const Record = v.object({
  kind: v.picklist(storedKinds),
  source: v.string(),
  uuid: v.string(),
  /** The `version` of the event that reported it. */
  version: v.string(),
  /** That event's `data`, as JSON. Absent if only its end was reported. */
  data: v.optional(v.string()),
  isDeleted: v.optional(v.boolean(), false),
  /** Only a test of the source reported it. */
  test: v.optional(v.boolean()),
  expiresAt: v.number(),
})
export type Record = v.InferOutput<typeof Record>

export const parseRecord = (item: Item): Record => v.parse(Record, item)

export type RecordRef = {
  kind: StoredKind
  source: string
  uuid: string
  test?: boolean | undefined
}

/**
 * The maximum size of a stored record, in bytes of JSON. A larger one loses its variables, then
 * everything except its names.
 */
const MAX_DATA_BYTES = 4 * 1024
const NAMES = ["uuid", "name", "detail", "uKey", "email", "dlmaUuid"]
const MAX_TEXT_LENGTH = 500

/**
 * Written only if it is newer than the stored one, or the same one that expires before long. A
 * delete that has only the Uuid keeps the names.
 */
export async function write(
  table: Table,
  tenant: string,
  {
    kind,
    source,
    uuid,
    version,
    data,
    isDeleted,
    test,
  }: Omit<Record, "expiresAt" | "data"> & {
    data: { [name: string]: unknown }
  },
  keptMs = table.retentionMs,
): Promise<void> {
  const isBare = isDeleted && data["tmCreate"] === undefined
  const { sets, ...assigned } = assignmentsOf({
    v: ITEM_VERSION,
    kind,
    source,
    uuid,
    version,
    isDeleted,
    expiresAt: toSeconds(table.now() + keptMs),
    ...(isBare ? {} : { data: fit(data) }),
    ...(test ? { test } : {}),
  })
  await updateItem(table, recordKey(tenant, { kind, source, uuid, test }), {
    update: `SET ${sets.join(", ")}`,
    condition:
      "attribute_not_exists(#version) OR #version < :version OR (#version = :version AND #expiresAt < :soon)",
    names: assigned.names,
    values: { ...assigned.values, ":soon": toSeconds(table.now() + keptMs / 2) },
  })
}

function fit(data: { [name: string]: unknown }): string {
  const whole = JSON.stringify(data)
  if (Buffer.byteLength(whole) <= MAX_DATA_BYTES) return whole
  const plain = JSON.stringify({ ...data, variables: {} })
  if (Buffer.byteLength(plain) <= MAX_DATA_BYTES) return plain
  // A header that its kind does not have is a list if it is repeated, however long.
  const cut = NAMES.flatMap((name) => {
    const value = data[name]
    if (typeof value === "string") return [[name, value.slice(0, MAX_TEXT_LENGTH).toWellFormed()]]
    return value === undefined || Array.isArray(value) ? [] : [[name, value]]
  })
  return JSON.stringify(Object.fromEntries(cut))
}

/** Undefined if it was never reported, or long ago. */
export async function get(
  table: Table,
  tenant: string,
  ref: RecordRef,
): Promise<Record | undefined> {
  const item = await getItem(table, recordKey(tenant, ref))
  return item && living(table, item)
}

function living(table: Table, item: Item): Record | undefined {
  const record = v.parse(Record, item)
  return isExpired(record, table.now()) ? undefined : record
}

/** False if there is none. */
export const remove = (table: Table, tenant: string, ref: RecordRef) =>
  deleteItem(table, recordKey(tenant, ref))

/** The known records among these, in any order, a hundred per request. */
export async function getMany(table: Table, tenant: string, refs: RecordRef[]): Promise<Record[]> {
  const keys = refs.map((ref) => recordKey(tenant, ref))
  const items = await getItems(table, keys)
  return readItems(table, items, (item) => living(table, item)).flatMap((record) => record ?? [])
}

/** A page of one kind, in no significant order. Pass `next` as `cursor` for the next page. */
export async function list(
  table: Table,
  tenant: string,
  { kind, limit, cursor }: { kind: StoredKind; limit: number; cursor?: string | undefined },
): Promise<{ items: Record[]; next: string | undefined }> {
  const { items, next } = await readMerged(table, {
    index: null,
    partitions: Array.from({ length: RECORD_SHARDS }, (_, shard) =>
      recordPartition(tenant, kind, shard),
    ),
    from: "0",
    below: cursor ?? "~",
    limit,
    filters: ["expiresAt > :now"],
    values: { ":now": toSeconds(table.now()) },
  })
  return { items: readItems(table, items, (item) => v.parse(Record, item)), next }
}
