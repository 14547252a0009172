import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import * as v from "valibot"
import { makeId } from "@ringback/events/ids"
import { Scope } from "./api-key.ts"
import { createItem, deleteItem, getItem, type Item } from "./item.ts"
import { passKey } from "./item-keys.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

/**
 * The key that a pass depends on, and ends with: a tenant's key, or the operator's. No hash of the
 * operator's key may be stored, because the key may be short: `proof` is an encrypted hash.
 */
export const Origin = v.variant("kind", [
  v.object({ kind: v.literal("key"), tenant: v.string(), keyId: v.string() }),
  v.object({ kind: v.literal("operator"), proof: v.string() }),
])
export type Origin = v.InferOutput<typeof Origin>

/** A portal link (`lnk_`) or a browser's session (`ses_`). Only a hash of its secret is stored. */
const Pass = v.object({
  id: v.string(),
  /** Null: the operator's session, for all tenants. */
  tenant: v.nullable(v.string()),
  scope: Scope,
  origin: Origin,
  secretHash: v.string(),
  /** Epoch ms. */
  createdAt: v.number(),
  /** Epoch seconds: also the table's TTL. */
  expiresAt: v.number(),
})
export type Pass = v.InferOutput<typeof Pass>

export type PassKind = "lnk" | "ses"

/**
 * Creates a pass. Returns it with its text, `rbl_` or `rbp_` + TENANT_ID_SECRET, which is not
 * stored.
 */
export async function create(
  table: Table,
  kind: PassKind,
  settings: Pick<Pass, "tenant" | "scope" | "origin">,
  lifetimeMs: number,
): Promise<{ pass: Pass; text: string }> {
  const now = table.now()
  const id = makeId(kind, now)
  const secret = randomBytes(32).toString("base64url")
  const pass: Pass = {
    id,
    ...settings,
    secretHash: hashOf(secret).toString("base64url"),
    createdAt: now,
    expiresAt: toSeconds(now + lifetimeMs),
  }
  await createItem(table, { ...passKey(pass.tenant, id), ...pass })
  const owner = settings.tenant?.slice("ten_".length) ?? OPERATOR
  return { pass, text: `${PREFIXES[kind]}_${owner}_${id.slice(4)}_${secret}` }
}

/** The pass with this text, by a consistent read. Undefined if there is none, or it has expired. */
export async function verify(
  table: Table,
  kind: PassKind,
  text: string,
): Promise<Pass | undefined> {
  const [, prefix, owner, id, secret] = TEXT.exec(text) ?? []
  if (prefix !== PREFIXES[kind] || !owner || !secret) return undefined
  const tenant = owner === OPERATOR ? null : `ten_${owner}`
  const item = await getItem(table, passKey(tenant, `${kind}_${id}`), { consistent: true })
  const pass = item && parse(item)
  if (!pass || isExpired(pass, table.now())) return undefined
  return timingSafeEqual(hashOf(secret), Buffer.from(pass.secretHash, "base64url"))
    ? pass
    : undefined
}

/** Removes a pass. True for only one of several concurrent callers, so that a link works once. */
export const remove = (table: Table, { tenant, id }: Pick<Pass, "tenant" | "id">) =>
  deleteItem(table, passKey(tenant, id))

const PREFIXES = { lnk: "rbl", ses: "rbp" }
const OPERATOR = "operator"
const TEXT =
  /^(rbl|rbp)_([0-9a-hjkmnp-tv-z]{26}|operator)_([0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{43})$/

const parse = (item: Item) => v.parse(Pass, item)

// The secret is 256 random bits, so a fast hash is as safe as a slow one.
const hashOf = (secret: string) => createHash("sha256").update(secret).digest()
