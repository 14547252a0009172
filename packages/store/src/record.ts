import * as v from "valibot"
import { assignmentsOf, deleteItem, getItem, getItems, updateItem, type Item } from "./item.ts"
import { recordKey, recordPartition, RECORD_SHARDS } from "./keys.ts"
import { readMerged } from "./merged.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

/** The kinds of the dialler's records that are kept as last heard of. */
export const recordKinds = ["campaign", "plan", "dlma", "destination", "dllist"] as const
export type RecordKind = (typeof recordKinds)[number]

/** A record as it lies in the table. */
const Record = v.object({
  kind: v.picklist(recordKinds),
  source: v.string(),
  uuid: v.string(),
  /** The `version` of the event that said so. */
  version: v.string(),
  /** That event's `data`, as JSON; absent where only its end was heard. */
  data: v.optional(v.string()),
  isDeleted: v.optional(v.boolean(), false),
  /** Only a test of the source said so. */
  test: v.optional(v.boolean()),
  expiresAt: v.number(),
})
export type Record = v.InferOutput<typeof Record>

export const parseRecord = (item: Item): Record => v.parse(Record, item)

export type RecordRef = {
  kind: RecordKind
  source: string
  uuid: string
  test?: boolean | undefined
}

/** What is kept of a record, in bytes of JSON; what is longer loses its variables, then all but its names. */
const MAX_DATA_BYTES = 4 * 1024
const NAMES = ["uuid", "name", "detail", "uKey", "email", "dlmaUuid"]
const MAX_TEXT_LENGTH = 500

/** Written only where it is newer than what is there. A delete that bears the Uuid alone leaves the names. */
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
): Promise<void> {
  const isBare = isDeleted && data["tmCreate"] === undefined
  const { sets, ...assigned } = assignmentsOf({
    kind,
    source,
    uuid,
    version,
    isDeleted,
    expiresAt: toSeconds(table.now() + table.retentionMs),
    ...(isBare ? {} : { data: fit(data) }),
    ...(test ? { test } : {}),
  })
  await updateItem(table, recordKey(tenant, { kind, source, uuid, test }), {
    update: `SET ${sets.join(", ")}`,
    condition: "attribute_not_exists(#version) OR #version < :version",
    ...assigned,
  })
}

function fit(data: { [name: string]: unknown }): string {
  const whole = JSON.stringify(data)
  if (Buffer.byteLength(whole) <= MAX_DATA_BYTES) return whole
  const plain = JSON.stringify({ ...data, variables: {} })
  if (Buffer.byteLength(plain) <= MAX_DATA_BYTES) return plain
  const cut = NAMES.flatMap((name) => {
    const value = data[name]
    return value === undefined
      ? []
      : [[name, typeof value === "string" ? value.slice(0, MAX_TEXT_LENGTH) : value]]
  })
  return JSON.stringify(Object.fromEntries(cut))
}

/** Undefined where it was never heard of, or long ago. */
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

/** False where there is none. */
export const remove = (table: Table, tenant: string, ref: RecordRef) =>
  deleteItem(table, recordKey(tenant, ref))

/** Those that are known, in any order, a hundred by one request. */
export async function getMany(table: Table, tenant: string, refs: RecordRef[]): Promise<Record[]> {
  const keys = refs.map((ref) => recordKey(tenant, ref))
  return (await getItems(table, keys)).flatMap((item) => living(table, item) ?? [])
}

/** A page of one kind, in no order that means anything; `next` is what to pass as `cursor`. */
export async function list(
  table: Table,
  tenant: string,
  { kind, limit, cursor }: { kind: RecordKind; limit: number; cursor?: string | undefined },
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
  return { items: items.map((item) => v.parse(Record, item)), next }
}
