import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import * as v from "valibot"
import { makeId } from "@ringback/events/ids"
import { deleteItem, getItem, type Item, type ReadOptions } from "./item.ts"
import { apiKeyKey } from "./item-keys.ts"
import { changeItem, queryPage } from "./live-item.ts"
import { createOwned, removeOwned, type Limit } from "./owned.ts"
import { readItems } from "./readable.ts"
import type { Table } from "./table.ts"

export const Scope = v.picklist(["full", "read"])
export type Scope = v.InferOutput<typeof Scope>

/** A tenant's key for the admin API. Only a hash of its secret is stored. Times are epoch ms. */
export const ApiKey = v.object({
  id: v.string(),
  tenant: v.string(),
  name: v.string(),
  /** `read`: it cannot change anything and sees no secret. */
  scope: v.optional(Scope, "full"),
  secretHash: v.string(),
  createdAt: v.number(),
  /** Not named expiresAt, which is the table's TTL attribute: an expired key stays listed. */
  validUntil: v.nullable(v.number()),
  /** Accurate to one hour. */
  lastUsedAt: v.nullable(v.number()),
})
export type ApiKey = v.InferOutput<typeof ApiKey>

const parse = (item: Item) => v.parse(ApiKey, item)

/**
 * Creates a key. Returns it with its text, `rbk_TENANT_KEY_SECRET`, which is not stored. Throws
 * CreationRefused.
 */
export async function create(
  table: Table,
  tenant: string,
  {
    name,
    validUntil,
    scope = "full",
  }: { name: string; validUntil: number | null; scope?: Scope | undefined },
  limit: Limit = {},
): Promise<{ apiKey: ApiKey; text: string }> {
  const now = table.now()
  const id = makeId("key", now)
  const secret = randomBytes(32).toString("base64url")
  const apiKey: ApiKey = {
    id,
    tenant,
    name,
    scope,
    secretHash: hashOfSecret(secret).toString("base64url"),
    createdAt: now,
    validUntil,
    lastUsedAt: null,
  }
  const item = { ...apiKeyKey(tenant, id), ...apiKey, revision: 1 }
  await createOwned(table, { tenant, kind: "KEY", id }, item, limit)
  const text = `rbk_${tenant.slice("ten_".length)}_${id.slice("key_".length)}_${secret}`
  return { apiKey, text }
}

/** The key with this id, expired or not. */
export async function get(
  table: Table,
  tenant: string,
  id: string,
  options: ReadOptions = {},
): Promise<ApiKey | undefined> {
  const item = await getItem(table, apiKeyKey(tenant, id), options)
  return item && parse(item)
}

/** A page of keys, newest first. Pass `next` as `after` for the next page. */
export async function page(
  table: Table,
  tenant: string,
  request: { limit: number; after?: string | undefined },
) {
  const { items, next } = await queryPage(table, { pk: tenant, prefix: "KEY#", ...request })
  return { items: readItems(table, items, parse), next }
}

/** False if there was none. */
export const remove = (table: Table, tenant: string, id: string) =>
  removeOwned(table, { tenant, kind: "KEY", id }, () => deleteItem(table, apiKeyKey(tenant, id)))

const TEXT = /^rbk_([0-9a-hjkmnp-tv-z]{26})_([0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{43})$/

/** The key with this text, by a consistent read. Undefined if it is invalid, expired or revoked. */
export async function verify(table: Table, text: string): Promise<ApiKey | undefined> {
  const match = TEXT.exec(text)
  if (!match) return undefined
  const [, tenant, id, secret] = match as unknown as [string, string, string, string]
  const key = apiKeyKey(`ten_${tenant}`, `key_${id}`)
  const item = await getItem(table, key, { consistent: true })
  const apiKey = item && parse(item)
  if (!apiKey || isExpired(apiKey, table.now())) return undefined
  const kept = Buffer.from(apiKey.secretHash, "base64url")
  return timingSafeEqual(hashOfSecret(secret), kept) ? apiKey : undefined
}

export const isExpired = (apiKey: ApiKey, now: number) =>
  apiKey.validUntil !== null && apiKey.validUntil <= now

const COARSE_MS = 3600 * 1000

/** Records that the key was used, at most once an hour. */
export async function touch(table: Table, apiKey: ApiKey): Promise<void> {
  const now = table.now()
  if (apiKey.lastUsedAt !== null && now - apiKey.lastUsedAt < COARSE_MS) return
  const { lastUsedAt } = apiKey
  await changeItem(table, apiKeyKey(apiKey.tenant, apiKey.id), { lastUsedAt: now }, { lastUsedAt })
}

// The secret is 256 random bits, so a fast hash is as safe as a slow one.
const hashOfSecret = (secret: string) => createHash("sha256").update(secret).digest()
