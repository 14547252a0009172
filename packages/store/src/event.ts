import * as v from "valibot"
import { parseEventId } from "@ringback/events/ids"
import { assignmentsOf, getItem, updateItem, type Item, type ReadOptions } from "./item.ts"
import { claimKey, eventIdOf, eventKey, type Key } from "./keys.ts"
import { unpackHeaders, type HeaderPair, type StoredHeaders } from "./pack.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

/** An event as it lies in the table. Times are epoch ms. */
export const StoredEvent = v.object({
  pk: v.string(),
  sk: v.string(),
  type: v.string(),
  /** Null for operational events, which come from no PBX. */
  source: v.nullable(v.string()),
  /** The Uuid of the call, campaign, ... that it tells of. */
  uuid: v.nullable(v.string()),
  /** The message that claimed it; null for operational events. */
  message: v.string(),
  receivedAt: v.number(),
  claimedAt: v.number(),
  headers: v.optional(v.string()),
  packed: v.optional(v.instance(Uint8Array)),
  /** Operational and call events have no headers: their data as JSON. */
  data: v.optional(v.string()),
  /** Of a call event, RFC 3339: when it happened, and when the PBX was heard to say so. */
  timestamp: v.optional(v.string()),
  observedAt: v.optional(v.string()),
  /** The endpoint that an operational event is about, which does not get it. */
  except: v.optional(v.string()),
  /** The gap after which the collector inferred it. */
  synthetic: v.optional(v.string()),
  truncated: v.optional(v.boolean()),
  /** A synthetic event that another collector's continuous session refuted. */
  refuted: v.optional(v.string()),
  /** From a test of its source. */
  test: v.optional(v.boolean()),
  /** It told of somebody who was erased: its content is gone. */
  erased: v.optional(v.boolean()),
  expiresAt: v.number(),
})
export type StoredEvent = v.InferOutput<typeof StoredEvent>

export const parseEvent = (item: Item): StoredEvent => v.parse(StoredEvent, item)
export const idOf = (event: StoredEvent): string => eventIdOf(event)
/** When it happened, in ns since the epoch: what it is sorted by. */
export const timeOf = (event: Pick<StoredEvent, "sk">): bigint => BigInt(event.sk.split("#", 1)[0]!)
export const headersOf = (event: StoredEvent): HeaderPair[] => unpackHeaders(event)

/** What a message says of an event, ready to be claimed. `timeNanos` 0n: it has no time of its own. */
export type Claim = {
  tenant: string
  timeNanos: bigint
  hash: Buffer
  type: string
  source: string | null
  uuid: string | null
  message: string
  receivedAt: number
  content:
    | StoredHeaders
    | { data: string; except?: string; timestamp?: string; observedAt?: string }
    | { erased: true }
  synthetic?: string | undefined
  truncated?: boolean | undefined
  /** Why a synthetic event is not to be believed. */
  refuted?: string | undefined
  /** From a test of its source. */
  test?: boolean | undefined
}

/** `first`: nobody was here before. `again`: this very message was, and goes on. `duplicate`: another copy was. */
export type Claimed =
  { outcome: "first" | "again"; event: StoredEvent } | { outcome: "duplicate"; event?: undefined }

// One conditional write decides, on a key made of identity fields alone: "not there, or claimed by this same message".
// The first copy is still in its queue until its fan-out is done, so dropping another copy loses nothing.
export async function claim(table: Table, claim: Claim): Promise<Claimed> {
  if (claim.timeNanos > 0n) {
    return write(table, eventKey(claim.tenant, claim.timeNanos, claim.hash), claim)
  }
  const { message, receivedAt } = claim
  const key = claimKey(claim.tenant, claim.hash)
  const old = await claimItem(table, key, { message, receivedAt }, message)
  if (old === "taken") return { outcome: "duplicate" }
  // Listed by the receipt that the first claim noted, so the second item's key is fixed as well.
  const listedAt = (old?.receivedAt as number | undefined) ?? receivedAt
  const listed = { ...claim, receivedAt: listedAt }
  return write(table, eventKey(claim.tenant, BigInt(listedAt) * 1_000_000n, claim.hash), listed)
}

async function write(table: Table, key: Key, claim: Claim): Promise<Claimed> {
  const sets = {
    type: claim.type,
    source: claim.source,
    uuid: claim.uuid,
    message: claim.message,
    receivedAt: claim.receivedAt,
    ...claim.content,
    ...(claim.synthetic === undefined ? {} : { synthetic: claim.synthetic }),
    ...(claim.truncated ? { truncated: true } : {}),
    ...(claim.refuted === undefined ? {} : { refuted: claim.refuted }),
    ...(claim.test ? { test: true } : {}),
  }
  const old = await claimItem(table, key, sets, claim.message)
  if (old === "taken") return { outcome: "duplicate" }
  const claimedAt = old?.claimedAt ?? table.now()
  const kept =
    old && Object.fromEntries(KEPT.flatMap((name) => (name in old ? [[name, old[name]]] : [])))
  const event = parseEvent({ ...key, ...sets, ...kept, claimedAt, expiresAt: expiryOf(table) })
  return { outcome: old ? "again" : "first", event }
}

// A body that Ringback makes may come out otherwise when it is made again, with what was learned meanwhile; what was sent
// under this id stands.
const KEPT = ["receivedAt", "data", "timestamp", "observedAt", "erased"]

const expiryOf = (table: Table) => toSeconds(table.now() + table.retentionMs)

/** The item that was there before (undefined: none), or "taken" where another message wrote it. */
async function claimItem(
  table: Table,
  key: Key,
  sets: Item,
  message: string,
): Promise<Item | undefined | "taken"> {
  const claimedAt = table.now()
  const expiresAt = expiryOf(table)
  if (table.insert) {
    if (await table.insert({ ...key, ...sets, claimedAt, expiresAt })) return undefined
    // Read before it is written again: most often it is a copy, and a write that fails costs as much as one that does not.
    const there = await getItem(table, key, { consistent: true })
    if (there && there["message"] !== message) return "taken"
  }
  const assignments = assignmentsOf(sets, KEPT)
  const claimed = await updateItem(table, key, {
    // The first claim's clock stays: endpoints made after it get nothing, however late the fan-out is resumed.
    update: `SET ${assignments.sets.join(", ")}, claimedAt = if_not_exists(claimedAt, :now), expiresAt = :expiresAt`,
    condition: "attribute_not_exists(pk) OR message = :claimant",
    names: assignments.names,
    values: {
      ...assignments.values,
      ":now": claimedAt,
      ":expiresAt": expiresAt,
      ":claimant": message,
    },
    returns: "ALL_OLD",
  })
  if (!claimed) return "taken"
  // Of an item that was not there dynoxide gives the key, AWS nothing.
  return claimed.item?.["message"] === undefined ? undefined : claimed.item
}

/** The event of that id, unless there is none (any more). */
export async function get(
  table: Table,
  tenant: string,
  eventId: string,
  options: ReadOptions = {},
): Promise<StoredEvent | undefined> {
  const parsed = parseEventId(eventId)
  if (!parsed) return undefined
  const item = await getItem(table, eventKey(tenant, parsed.timeNanos, parsed.hash), options)
  if (!item) return undefined
  const event = parseEvent(item)
  return isExpired(event, table.now()) ? undefined : event
}
