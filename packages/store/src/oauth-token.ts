import { createHash } from "node:crypto"
import * as v from "valibot"
import { assignmentsOf, getItem, updateItem, type Item } from "./item.ts"
import { oauthTokenKey } from "./item-keys.ts"
import type { Table } from "./table.ts"

const Tokens = v.object({
  accessToken: v.string(),
  /** The refresh token to use next, if the server issues a new one each time. */
  refreshToken: v.exactOptional(v.string()),
})

const Stored = v.object({
  sealed: v.exactOptional(v.string()),
  /** When another token is fetched, epoch ms: somewhat before it ends. */
  validUntil: v.optional(v.number(), 0),
  /**
   * Identifies the credentials that it was fetched with. With other credentials it is not valid.
   */
  fingerprint: v.optional(v.string(), ""),
  /** The endpoint's revision, as the worker that fetched it knew it. */
  revision: v.exactOptional(v.number()),
  leaseOwner: v.exactOptional(v.string()),
  leaseUntil: v.optional(v.number(), 0),
})

/**
 * The owner of the token. `credentials`: the endpoint's encrypted auth. `revision`: of the endpoint
 * as this worker knows it.
 */
export type Whose = { tenant: string; endpointId: string; credentials: string; revision: number }

export type Known = {
  /** Undefined: none was fetched with these credentials. */
  tokens: v.InferOutput<typeof Tokens> | undefined
  validUntil: number
  /** Until when a worker is fetching one. */
  leaseUntil: number
}

const contextOf = ({ tenant, endpointId }: Whose) => `${tenant}#${endpointId}#token`
const fingerprintOf = ({ credentials }: Whose) =>
  createHash("sha256").update(credentials).digest("base64url")

/** The token that any worker fetched last. */
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

/** Takes the right to fetch a new token, for `leaseMs`. False if another worker has it. */
export const takeLease = (table: Table, whose: Whose, owner: string, leaseMs: number) =>
  update(table, whose, {
    set: { leaseOwner: owner, leaseUntil: table.now() + leaseMs },
    condition: "attribute_not_exists(leaseUntil) OR leaseUntil <= :now OR leaseOwner = :owner",
    values: { ":now": table.now(), ":owner": owner },
  })

/** Releases the right without a token. */
export const dropLease = (table: Table, whose: Whose, owner: string) =>
  update(table, whose, {
    set: { leaseUntil: 0 },
    condition: "leaseOwner = :owner",
    values: { ":owner": owner },
  })

/**
 * Stores a token and releases the right. A worker whose lease expired writes the token
 * nevertheless: otherwise a refresh token that replaces a used one would be lost. False if the
 * endpoint has newer credentials, whose token is kept.
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
      revision: whose.revision,
      leaseUntil: 0,
    },
    condition:
      "attribute_not_exists(revision) OR revision <= :known OR fingerprint = :fingerprintOfOurs",
    values: { ":known": whose.revision, ":fingerprintOfOurs": fingerprintOf(whose) },
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
