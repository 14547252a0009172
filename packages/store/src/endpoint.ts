import * as v from "valibot"
import { makeId } from "@ringback/events/ids"
import type { DisabledReason, Endpoint as Receiver } from "@ringback/webhooks/endpoint"
import {
  type Changes,
  contextOf,
  type Endpoint,
  type Fixed,
  parse,
  type Permission,
  type Settings,
  Stored,
  toItem,
} from "./endpoint-item.ts"
import { deleteItem, type ReadOptions } from "./item.ts"
import { connectorKey, endpointKey, oauthTokenKey } from "./item-keys.ts"
import * as JobStart from "./job-start.ts"
import { watchFrom } from "./pull.ts"
import * as LiveItem from "./live-item.ts"
import { changeItem, getLive, IS_TOMBSTONE, queryAll, queryPage, tombstone } from "./live-item.ts"
import { createOwned, removeOwned, type Limit } from "./owned.ts"
import { readItem, readItems } from "./readable.ts"
import type { Table } from "./table.ts"

export type {
  Changes,
  Endpoint,
  Fixed,
  Permission,
  PushEndpoint,
  Settings,
} from "./endpoint-item.ts"

/** Creates an endpoint; `secret` signs its webhooks. Throws CreationRefused. */
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

/** Undefined if the endpoint does not exist or was deleted. */
export async function get(
  table: Table,
  tenant: string,
  id: string,
  options: ReadOptions = {},
): Promise<Endpoint | undefined> {
  const item = await getLive(table, endpointKey(tenant, id), options)
  return item && parse(table, item)
}

/** The fields that decide which events an endpoint receives. */
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
 * All endpoints of a tenant, also disabled ones. A thousand cost about 130 read units. Throws if one is unreadable,
 * because skipping it would lose its deliveries.
 */
export async function list(table: Table, tenant: string): Promise<Matching[]> {
  const items = await queryAll(table, tenant, "EP#", Object.keys(Matching.entries))
  return items.map((item) => readItem(item, (each) => v.parse(Matching, each)))
}

/** A page of endpoints, newest first. Pass `next` as `after` to get the next page. */
export async function page(
  table: Table,
  tenant: string,
  request: { limit: number; after?: string | undefined },
) {
  const { items, next } = await queryPage(table, { pk: tenant, prefix: "EP#", ...request })
  return { items: readItems(table, items, (item) => parse(table, item)), next }
}

/** Undefined if the endpoint does not exist or has another revision. */
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
 * Disables an enabled endpoint that still has that URL, and returns it. Undefined if it was already
 * disabled or deleted, or its URL was changed: what the old URL answered is no reason to disable it.
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

// Every list reads tombstones, so they must be small. Secrets are removed with the endpoint.
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

/** Replaces the endpoint by a tombstone. False if it did not exist. */
export const remove = (table: Table, tenant: string, id: string) =>
  removeOwned(table, { tenant, kind: "EP", id }, () =>
    tombstone(table, endpointKey(tenant, id), {
      ...toItem(table, tenant, id, EMPTY),
      secrets: [],
    }),
  )

/** Removes the tombstone once no delivery refers to the endpoint. A missing endpoint counts as deleted. */
export async function purge(table: Table, tenant: string, id: string): Promise<boolean> {
  // No token is needed any more.
  for (const keyOf of [oauthTokenKey, connectorKey]) await deleteItem(table, keyOf(tenant, id), {})
  await JobStart.forget(table, tenant, id)
  return deleteItem(table, endpointKey(tenant, id), { condition: IS_TOMBSTONE })
}

// Endpoints are cached, so each secret object is decrypted only once.
const openedSecrets = new WeakMap<object, { context: string; text: string }>()

/** The decrypted secrets that are valid now, newest first. */
export function openSecrets(table: Table, endpoint: Receiver, now = table.now()): string[] {
  const context = contextOf(endpoint.tenant, endpoint.id)
  return validSecrets(endpoint, now).map((secret) => {
    const known = openedSecrets.get(secret)
    // A secret copied to another endpoint must not open.
    if (known?.context === context) return known.text
    const text = table.sealer.open(secret.sealed, context)
    openedSecrets.set(secret, { context, text })
    return text
  })
}

/** The decrypted credentials, not yet parsed; undefined if there are none. */
export function openAuth(table: Table, { auth, tenant, id }: Receiver): unknown {
  if (auth == null) return undefined
  return JSON.parse(table.sealer.open(auth, contextOf(tenant, id))) as unknown
}

export const validSecrets = (endpoint: Receiver, now: number) =>
  endpoint.secrets.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)

/**
 * Adds a new secret. Earlier secrets stay valid for `overlapMs`. Undefined if the endpoint was changed since it was
 * read.
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
