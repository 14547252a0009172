import * as v from "valibot"
import { makeId } from "@ringback/events/ids"
import {
  orders,
  type ConnectorOf,
  type DisabledReason,
  type Endpoint as Receiver,
} from "@ringback/webhooks/endpoint"
import { deleteItem, type Item, type ReadOptions } from "./item.ts"
import { connectorKey, endpointKey, oauthTokenKey } from "./keys.ts"
import { watchFrom } from "./pull.ts"
import * as LiveItem from "./live-item.ts"
import { changeItem, getLive, IS_TOMBSTONE, queryAll, queryPage, tombstone } from "./live-item.ts"
import { createOwned, removeOwned, type Limit } from "./owned.ts"
import { readItem, readItems } from "./readable.ts"
import type { Table } from "./table.ts"

// Kept as JSON text: DynamoDB's numbers and map keys are not JSON's.
const json = <const Schema extends v.GenericSchema>(schema: Schema) =>
  v.pipe(v.string(), v.parseJson(), schema)

/** As it lies in the table. Times are epoch ms. */
const Stored = v.object({
  id: v.string(),
  tenant: v.string(),
  url: v.nullable(v.string()),
  pull: v.optional(v.boolean(), false),
  allowedLoopback: v.exactOptional(v.nullable(v.string())),
  eventTypes: v.nullable(v.array(v.string())),
  sources: v.nullable(v.array(v.string())),
  filter: v.nullable(json(v.record(v.string(), v.array(v.unknown())))),
  order: v.optional(v.picklist(orders), "any"),
  description: v.nullable(v.string()),
  /** Sealed as a whole: receivers are often given an Authorization. */
  headers: v.string(),
  transform: v.optional(v.nullable(v.string()), null),
  /** Sealed: an Auth, or the credentials of a connector. */
  auth: v.optional(v.nullable(v.string()), null),
  connector: v.optional(
    v.nullable(json(v.looseObject({ kind: v.string(), live: v.exactOptional(v.boolean()) }))),
    null,
  ),
  rateLimit: v.nullable(v.number()),
  metadata: json(v.record(v.string(), v.string())),
  signing: v.picklist(["hmac", "ed25519"]),
  secrets: v.array(v.object({ sealed: v.string(), expiresAt: v.exactOptional(v.number()) })),
  disabled: v.boolean(),
  disabledReason: v.nullable(v.picklist(["gone", "failing", "manual"])),
  createdAt: v.number(),
  updatedAt: v.number(),
  revision: v.number(),
})

/** A receiver, and how often it was changed. */
export type Endpoint = Receiver & { revision: number }

/** One that webhooks are posted to. */
export type Posted = Endpoint & { url: string }

/** What its tenant may set. */
export type Settings = Pick<
  Receiver,
  | "url"
  | "eventTypes"
  | "sources"
  | "filter"
  | "order"
  | "description"
  | "headers"
  | "transform"
  | "rateLimit"
  | "metadata"
  | "disabled"
> & {
  /** Opened; a connector's credentials too. It is sealed here. */
  auth?: object | null
  connector?: ConnectorOf | null
}
/** What is fixed when it is made. */
export type Fixed = { signing: Receiver["signing"]; pull?: boolean }
export type Changes = { [Name in keyof Settings]?: Settings[Name] | undefined } & Permission

/** What goes with `url`, and is never set by its tenant. */
export type Permission = Pick<Receiver, "allowedLoopback">

const contextOf = (tenant: string, id: string) => `${tenant}#${id}`
const Headers = json(v.record(v.string(), v.string()))

function parse(table: Table, item: Item): Endpoint {
  const { headers, ...rest } = v.parse(Stored, item)
  const opened = table.sealer.open(headers, contextOf(rest.tenant, rest.id))
  return { ...rest, headers: v.parse(Headers, opened) }
}

function toItem(table: Table, tenant: string, id: string, settings: Changes): Item {
  const { filter, headers, metadata, auth, connector, ...rest } = settings
  const seal = (value: object) => table.sealer.seal(JSON.stringify(value), contextOf(tenant, id))
  return {
    ...rest,
    ...(filter !== undefined && { filter: filter && JSON.stringify(filter) }),
    ...(headers && { headers: seal(headers) }),
    ...(auth !== undefined && { auth: auth && seal(auth) }),
    ...(connector !== undefined && { connector: connector && JSON.stringify(connector) }),
    ...(metadata && { metadata: JSON.stringify(metadata) }),
    ...(rest.disabled !== undefined && { disabledReason: rest.disabled ? "manual" : null }),
  }
}

/** A new endpoint; `secret` is the text that its webhooks are signed with. Throws CreationRefused. */
export async function create(
  table: Table,
  tenant: string,
  settings: Settings & Permission & Fixed,
  secret: string,
  limit: Limit = {},
): Promise<Endpoint> {
  const now = table.now()
  const id = makeId("ep", now)
  const item = {
    ...endpointKey(tenant, id),
    ...toItem(table, tenant, id, settings),
    id,
    tenant,
    secrets: [{ sealed: table.sealer.seal(secret, contextOf(tenant, id)) }],
    createdAt: now,
    updatedAt: now,
    revision: 1,
    ...(settings.pull && watchFrom(id, now)),
  }
  await createOwned(table, { tenant, kind: "EP", id }, item, limit)
  return parse(table, item)
}

/** Undefined where there is none (any more). */
export async function get(
  table: Table,
  tenant: string,
  id: string,
  options: ReadOptions = {},
): Promise<Endpoint | undefined> {
  const item = await getLive(table, endpointKey(tenant, id), options)
  return item && parse(table, item)
}

/** What it takes to know which events an endpoint wants. */
const Matching = v.pick(Stored, [
  "id",
  "connector",
  "pull",
  "eventTypes",
  "sources",
  "filter",
  "disabled",
  "createdAt",
])
export type Matching = v.InferOutput<typeof Matching>

/**
 * All living endpoints of a tenant, disabled ones too, as matching needs them. A thousand cost about 130 read units. Throws
 * where one cannot be read: to pass it over would lose its deliveries.
 */
export async function list(table: Table, tenant: string): Promise<Matching[]> {
  const items = await queryAll(table, tenant, "EP#", Object.keys(Matching.entries))
  return items.map((item) => readItem(item, (each) => v.parse(Matching, each)))
}

/** A page of the living, newest first; `next` is what to pass as `after`. */
export async function page(
  table: Table,
  tenant: string,
  request: { limit: number; after?: string | undefined },
) {
  const { items, next } = await queryPage(table, { pk: tenant, prefix: "EP#", ...request })
  return { items: readItems(table, items, (item) => parse(table, item)), next }
}

/** Undefined where none lives, or its revision is another. */
export async function update(
  table: Table,
  tenant: string,
  id: string,
  changes: Changes,
  revision?: number,
): Promise<Endpoint | undefined> {
  const item = await changeItem(
    table,
    endpointKey(tenant, id),
    { ...toItem(table, tenant, id, changes), updatedAt: table.now() },
    revision === undefined ? {} : { revision },
  )
  return item && parse(table, item)
}

/**
 * Disables it where it is enabled and still leads to that URL; the endpoint as it is then, or undefined where somebody was
 * faster: what the old place said is no reason to disable a new one.
 */
export async function disable(
  table: Table,
  { tenant, id, url }: Pick<Endpoint, "tenant" | "id" | "url">,
  reason: DisabledReason,
  now: number,
): Promise<Endpoint | undefined> {
  const item = await changeItem(
    table,
    endpointKey(tenant, id),
    { disabled: true, disabledReason: reason, updatedAt: now },
    { disabled: false, url },
  )
  return item && parse(table, item)
}

// What a tombstone need not say. Every list reads over tombstones, so they must be small; and no secret outlives its use.
const EMPTY = {
  url: "",
  eventTypes: null,
  sources: null,
  filter: null,
  description: null,
  headers: {},
  transform: null,
  auth: null,
  connector: null,
  metadata: {},
}

export const isDeleted = (table: Table, tenant: string, id: string) =>
  LiveItem.isDeleted(table, endpointKey(tenant, id))

/** Leaves a tombstone. False where there was nothing alive. */
export const remove = (table: Table, tenant: string, id: string) =>
  removeOwned(table, { tenant, kind: "EP", id }, () =>
    tombstone(table, endpointKey(tenant, id), {
      ...toItem(table, tenant, id, EMPTY),
      secrets: [],
    }),
  )

/** Removes the tombstone, once nothing waits for the endpoint: what is missing is treated as deleted. */
export async function purge(table: Table, tenant: string, id: string): Promise<boolean> {
  // Nothing fetches a token any more.
  for (const keyOf of [oauthTokenKey, connectorKey]) await deleteItem(table, keyOf(tenant, id), {})
  return deleteItem(table, endpointKey(tenant, id), { condition: IS_TOMBSTONE })
}

// An endpoint as it was read, from a cache for instance, opens each of its secrets once.
const openedSecrets = new WeakMap<object, { context: string; text: string }>()

/** The secrets that sign now, opened, the newest first. */
export function openSecrets(table: Table, endpoint: Receiver, now = table.now()): string[] {
  const context = contextOf(endpoint.tenant, endpoint.id)
  return validSecrets(endpoint, now).map((secret) => {
    const known = openedSecrets.get(secret)
    // Moved to another endpoint, it must not open.
    if (known?.context === context) return known.text
    const text = table.sealer.open(secret.sealed, context)
    openedSecrets.set(secret, { context, text })
    return text
  })
}

/** Its credentials, opened; undefined where it has none. Whoever reads them parses them. */
export function openAuth(table: Table, { auth, tenant, id }: Receiver): unknown {
  if (auth == null) return undefined
  return JSON.parse(table.sealer.open(auth, contextOf(tenant, id))) as unknown
}

export const validSecrets = (endpoint: Receiver, now: number) =>
  endpoint.secrets.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)

/**
 * A new secret signs first; those before it sign for `overlapMs` more. Undefined where the endpoint was changed
 * since it was read.
 */
export async function rotateSecret(
  table: Table,
  endpoint: Endpoint,
  secret: string,
  overlapMs: number,
): Promise<Endpoint | undefined> {
  const now = table.now()
  const sealed = table.sealer.seal(secret, contextOf(endpoint.tenant, endpoint.id))
  const older = validSecrets(endpoint, now).map((each) => ({
    ...each,
    expiresAt: Math.min(each.expiresAt ?? Infinity, now + overlapMs),
  }))
  const secrets = [{ sealed }, ...older.filter(({ expiresAt }) => expiresAt > now)]
  const item = await changeItem(
    table,
    endpointKey(endpoint.tenant, endpoint.id),
    { secrets, updatedAt: now },
    { revision: endpoint.revision },
  )
  return item && parse(table, item)
}
