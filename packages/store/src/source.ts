import * as v from "valibot"
import type { SigningKey } from "@ringback/events/message"
import { makeId } from "@ringback/events/ids"
import { makeSourceKey } from "@ringback/events/token"
import { getItem, type Item, type ReadOptions } from "./item.ts"
import { sourceKey } from "./item-keys.ts"
import * as LiveItem from "./live-item.ts"
import { changeItem, getLive, isTombstone, queryPage, tombstone } from "./live-item.ts"
import { createOwned, removeOwned, type Limit } from "./owned.ts"
import { readItems } from "./readable.ts"
import type { Table } from "./table.ts"

const SourceKey = v.object({
  keyId: v.string(),
  sealed: v.string(),
  /** Epoch ms, set when a newer key replaced it. */
  expiresAt: v.optional(v.number()),
})

/** A collector's last report. All times but `heardAt` are by its own clock. */
const Collector = v.object({
  at: v.number(),
  /** When the queue received it. Absent in items of older versions. */
  heardAt: v.optional(v.number()),
  /** The order of its heartbeats. Absent if it is of an older version. */
  run: v.optional(v.string()),
  number: v.optional(v.number()),
  version: v.string(),
  connectedSince: v.nullable(v.number()),
  /** The time up to which it is known whether it read its PBX, if before `at`. */
  readUntil: v.optional(v.number()),
  /** How far its clock is ahead of the PBX's, in ms: see pbx-clock.ts. */
  skewMs: v.optional(v.number()),
  spoolDepth: v.number(),
  spoolAgeSeconds: v.number(),
  /** When it recently read its PBX: see spans.ts. */
  spans: v.optional(v.array(v.tuple([v.number(), v.number(), v.number()])), []),
  /** How often this was written. */
  count: v.optional(v.number(), 0),
})
export type Collector = v.InferOutput<typeof Collector>

/** A PBX, with its collectors' signing keys, newest first. Times are epoch ms. */
export const Source = v.object({
  id: v.string(),
  tenant: v.string(),
  name: v.string(),
  keys: v.array(SourceKey),
  /** By the collector's own id. */
  collectors: v.record(v.string(), Collector),
  revision: v.number(),
  createdAt: v.number(),
  updatedAt: v.number(),
})
export type Source = v.InferOutput<typeof Source>

const parse = (item: Item) => v.parse(Source, item)
const contextOf = (tenant: string, id: string) => `${tenant}#${id}`

export type KeyedSource = { source: Source; key: SigningKey }

/** Creates a source. Returns it with its key, which is not shown again. Throws CreationRefused. */
export async function create(
  table: Table,
  tenant: string,
  { name }: { name: string },
  limit: Limit = {},
): Promise<KeyedSource> {
  const now = table.now()
  const id = makeId("src", now)
  const key = makeSourceKey()
  const source: Source = {
    id,
    tenant,
    name,
    keys: [sealKey(table, tenant, id, key)],
    collectors: {},
    revision: 1,
    createdAt: now,
    updatedAt: now,
  }
  const item = { ...sourceKey(tenant, id), ...source }
  await createOwned(table, { tenant, kind: "SRC", id }, item, limit)
  return { source, key }
}

/** Undefined if there is none any more. */
export async function get(
  table: Table,
  tenant: string,
  id: string,
  options: ReadOptions = {},
): Promise<Source | undefined> {
  const item = await getLive(table, sourceKey(tenant, id), options)
  return item && parse(item)
}

export type Known = { source: Source; isDeleted: boolean }

/** Like `get`, but includes deleted sources whose messages may still be on their way. */
export async function getKnown(
  table: Table,
  tenant: string,
  id: string,
  options: ReadOptions = {},
): Promise<Known | undefined> {
  const item = await getItem(table, sourceKey(tenant, id), options)
  return item && { source: parse(item), isDeleted: isTombstone(item) }
}

/** A page of the existing sources, newest first. Pass `next` as `after` for the next page. */
export async function page(
  table: Table,
  tenant: string,
  request: { limit: number; after?: string | undefined },
) {
  const { items, next } = await queryPage(table, { pk: tenant, prefix: "SRC#", ...request })
  return { items: readItems(table, items, parse), next }
}

export async function update(
  table: Table,
  tenant: string,
  id: string,
  changes: { name?: string | undefined },
  revision?: number,
): Promise<Source | undefined> {
  const item = await changeItem(
    table,
    sourceKey(tenant, id),
    { ...changes, updatedAt: table.now() },
    revision === undefined ? {} : { revision },
  )
  return item && parse(item)
}

/** The currently valid keys, newest first, decrypted. */
export function keysOf(table: Table, source: Source): SigningKey[] {
  const context = contextOf(source.tenant, source.id)
  return source.keys
    .filter((key) => isValid(key, table.now()))
    .map(({ keyId, sealed }) => ({
      keyId,
      key: Buffer.from(table.sealer.open(sealed, context), "base64url"),
    }))
}

/**
 * Adds a new key. The previous ones stay valid for `overlapMs` (a spool may be that old). Undefined
 * if the source changed since it was read.
 */
export async function rotate(
  table: Table,
  source: Source,
  overlapMs: number,
): Promise<KeyedSource | undefined> {
  const now = table.now()
  const key = makeSourceKey()
  const older = source.keys
    .filter((each) => isValid(each, now))
    .map((each) => ({ ...each, expiresAt: Math.min(each.expiresAt ?? Infinity, now + overlapMs) }))
    .filter((each) => isValid(each, now))
  const item = await changeItem(
    table,
    sourceKey(source.tenant, source.id),
    { keys: [sealKey(table, source.tenant, source.id, key), ...older], updatedAt: now },
    { revision: source.revision },
  )
  return item && { source: parse(item), key }
}

export const isDeleted = (table: Table, tenant: string, id: string) =>
  LiveItem.isDeleted(table, sourceKey(tenant, id))

/** Leaves a tombstone without a name or a key. False if there was no live source. */
export const remove = (table: Table, tenant: string, id: string) =>
  removeOwned(table, { tenant, kind: "SRC", id }, () =>
    tombstone(table, sourceKey(tenant, id), { name: "", keys: [], collectors: {} }),
  )

function sealKey(table: Table, tenant: string, id: string, { keyId, key }: SigningKey) {
  return { keyId, sealed: table.sealer.seal(key.toString("base64url"), contextOf(tenant, id)) }
}

const isValid = (key: { expiresAt?: number | undefined }, now: number) =>
  key.expiresAt === undefined || key.expiresAt > now
