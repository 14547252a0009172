import { createHash } from "node:crypto"
import * as v from "valibot"
import { assignmentsOf, getItem, updateItem, type Item } from "./item.ts"
import { oauthTokenKey } from "./keys.ts"
import type { Table } from "./table.ts"

const Tokens = v.object({
  accessToken: v.string(),
  /** The one to use next, where the server gives a new one with each. */
  refreshToken: v.exactOptional(v.string()),
})

const Stored = v.object({
  sealed: v.exactOptional(v.string()),
  /** Epoch ms. */
  validUntil: v.optional(v.number(), 0),
  /** Of the credentials that it was fetched with: under others it is no token. */
  fingerprint: v.optional(v.string(), ""),
  leaseOwner: v.exactOptional(v.string()),
  leaseUntil: v.optional(v.number(), 0),
})

/** Whose token it is; `credentials`: the endpoint's sealed auth. */
export type Whose = { tenant: string; endpointId: string; credentials: string }

export type Known = {
  /** Undefined: none was fetched with these credentials. */
  tokens: v.InferOutput<typeof Tokens> | undefined
  validUntil: number
  /** Until when somebody fetches one. */
  leaseUntil: number
}

const contextOf = ({ tenant, endpointId }: Whose) => `${tenant}#${endpointId}#token`
const fingerprintOf = ({ credentials }: Whose) =>
  createHash("sha256").update(credentials).digest("base64url")

/** The token as last fetched, by whichever worker. */
export async function get(table: Table, whose: Whose): Promise<Known> {
  const item = await getItem(table, oauthTokenKey(whose.tenant, whose.endpointId), {
    consistent: true,
  })
  const { sealed, validUntil, fingerprint, leaseUntil } = v.parse(Stored, item ?? {})
  if (sealed === undefined || fingerprint !== fingerprintOf(whose))
    return { tokens: undefined, validUntil: 0, leaseUntil }
  const opened: unknown = JSON.parse(table.sealer.open(sealed, contextOf(whose)))
  return { tokens: v.parse(Tokens, opened), validUntil, leaseUntil }
}

/** The right to fetch a new one, for `leaseMs`. False where another worker has it. */
export const takeLease = (table: Table, whose: Whose, owner: string, leaseMs: number) =>
  update(table, whose, {
    set: { leaseOwner: owner, leaseUntil: table.now() + leaseMs },
    condition: "attribute_not_exists(leaseUntil) OR leaseUntil <= :now OR leaseOwner = :owner",
    values: { ":now": table.now(), ":owner": owner },
  })

/** Gives the right back without a token. */
export const dropLease = (table: Table, whose: Whose, owner: string) =>
  update(table, whose, {
    set: { leaseUntil: 0 },
    condition: "leaseOwner = :owner",
    values: { ":owner": owner },
  })

/**
 * Keeps a token and gives the right back. Whoever was too slow for its lease writes all the same: a refresh token that
 * was used up and not written would be lost.
 */
export const put = (
  table: Table,
  whose: Whose,
  tokens: v.InferOutput<typeof Tokens>,
  validUntil: number,
) =>
  update(table, whose, {
    set: {
      sealed: table.sealer.seal(JSON.stringify(tokens), contextOf(whose)),
      validUntil,
      fingerprint: fingerprintOf(whose),
      leaseUntil: 0,
    },
  })

type Write = { set: Item; condition?: string; values?: Item }

async function update(table: Table, whose: Whose, write: Write): Promise<boolean> {
  const { sets, names, values } = assignmentsOf(write.set)
  const updated = await updateItem(table, oauthTokenKey(whose.tenant, whose.endpointId), {
    update: `SET ${sets.join(", ")}`,
    condition: write.condition,
    names,
    values: { ...values, ...write.values },
  })
  return updated !== undefined
}
