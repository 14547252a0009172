import * as v from "valibot"
import { parseEventId } from "@ringback/events/ids"
import {
  assignmentsOf,
  getItems,
  getItem,
  updateItem,
  type Item,
  type ReadOptions,
} from "./item.ts"
import { claimKey, eventIdOf, eventKey, rareEventPartition, type Key } from "./item-keys.ts"
import { ITEM_VERSION } from "./readable.ts"
import { unpackHeaders, type HeaderPair, type StoredHeaders } from "./pack.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

/** An event as stored. Times are epoch ms. */
export const StoredEvent = v.object({
  pk: v.string(),
  sk: v.string(),
  type: v.string(),
  /** Null for operational events, which come from no PBX. */
  source: v.nullable(v.string()),
  /** The Uuid of the call, campaign, ... that it is about. */
  uuid: v.nullable(v.string()),
  /** The message that claimed it. Null for operational events. */
  message: v.string(),
  receivedAt: v.number(),
  claimedAt: v.number(),
  headers: v.optional(v.string()),
  packed: v.optional(v.instance(Uint8Array)),
  /** Operational and call events have no headers: this is their data as JSON. */
  data: v.optional(v.string()),
  /**
   * For a call event, RFC 3339: when it happened, and when the collector received it from the PBX.
   */
  timestamp: v.optional(v.string()),
  observedAt: v.optional(v.string()),
  /** The endpoint that an operational event is about, which does not receive it. */
  except: v.optional(v.string()),
  /** The gap after which the collector inferred it. */
  synthetic: v.optional(v.string()),
  truncated: v.optional(v.boolean()),
  /** A synthetic event that was refuted by another collector's continuous session. */
  refuted: v.optional(v.string()),
  /** From a test of its source. */
  test: v.optional(v.boolean()),
  /** The event was about an erased person or call: its content is removed. */
  erased: v.optional(v.boolean()),
  expiresAt: v.number(),
})
export type StoredEvent = v.InferOutput<typeof StoredEvent>

export const parseEvent = (item: Item): StoredEvent => v.parse(StoredEvent, item)
export const idOf = (event: StoredEvent): string => eventIdOf(event)
/** When it happened, in ns since the epoch. Events are sorted by it. */
export const timeOf = (event: Pick<StoredEvent, "sk">): bigint => BigInt(event.sk.split("#", 1)[0]!)
export const headersOf = (event: StoredEvent): HeaderPair[] => unpackHeaders(event)

/** An event from a message, ready to be claimed. `timeNanos` 0n: it has no time of its own. */
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
  /** Why a synthetic event is not accepted. */
  refuted?: string | undefined
  /** From a test of its source. */
  test?: boolean | undefined
}

/**
 * `first`: no other message claimed it. `again`: this same message claimed it before, and
 * continues. `duplicate`: another message claimed it.
 */
export type Claimed =
  { outcome: "first" | "again"; event: StoredEvent } | { outcome: "duplicate"; event?: undefined }

// One conditional write decides, on a key made of identity fields only: "not there, or claimed by
// this same message". The first copy stays in its queue until its fan-out is done, so dropping
// another copy loses nothing.
export async function claim(table: Table, claim: Claim): Promise<Claimed> {
  if (claim.timeNanos > 0n) {
    return write(table, eventKey(claim.tenant, claim.timeNanos, claim.hash), claim)
  }
  const { message, receivedAt } = claim
  const key = claimKey(claim.tenant, claim.hash)
  const old = await claimItem(table, key, { v: ITEM_VERSION, message, receivedAt }, message)
  if (old === "taken") return { outcome: "duplicate" }
  // Listed by the time of receipt that the first claim stored, so that the second item's key is
  // fixed as well.
  const listedAt = (old?.receivedAt as number | undefined) ?? receivedAt
  const listed = { ...claim, receivedAt: listedAt }
  return write(table, eventKey(claim.tenant, BigInt(listedAt) * 1_000_000n, claim.hash), listed)
}

/**
 * Types with a few events among hundreds of thousands. They are in an index, because a filter would
 * read the whole log for them. The entry costs one more write unit for each of these events alone.
 */
const RARE_TYPES = ["source.gap", "endpoint.disabled"]
export const isRare = (type: string) => RARE_TYPES.includes(type)

async function write(table: Table, key: Key, claim: Claim): Promise<Claimed> {
  const sets = {
    v: ITEM_VERSION,
    type: claim.type,
    source: claim.source,
    uuid: claim.uuid,
    message: claim.message,
    receivedAt: claim.receivedAt,
    ...claim.content,
    ...(isRare(claim.type) && { openKey: rareEventPartition(claim.tenant, claim.type) }),
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

// A body made by Ringback may differ when it is made again, because more is known by then. The body
// that was sent under this id is kept.
const KEPT = ["receivedAt", "data", "timestamp", "observedAt", "erased"]

const expiryOf = (table: Table) => toSeconds(table.now() + table.retentionMs)

/** The previous item (undefined: none), or "taken" if another message wrote it. */
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
    // Read before it is written again: it is usually a copy, and a failed write costs as much as a
    // successful one.
    const there = await getItem(table, key, { consistent: true })
    if (there && there["message"] !== message) return "taken"
  }
  const assignments = assignmentsOf(sets, KEPT)
  const claimed = await updateItem(table, key, {
    // The time of the first claim is kept: endpoints created after it get nothing, however late the
    // fan-out is resumed.
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
  // If there was no item, dynoxide returns the key and AWS returns nothing.
  return claimed.item?.["message"] === undefined ? undefined : claimed.item
}

/** The existing events among these, by id. */
export async function getMany(
  table: Table,
  tenant: string,
  eventIds: string[],
): Promise<Map<string, StoredEvent>> {
  const keys = [...new Set(eventIds)].flatMap((id) => {
    const parsed = parseEventId(id)
    return parsed ? [eventKey(tenant, parsed.timeNanos, parsed.hash)] : []
  })
  const items = await getItems(table, keys, { consistent: true })
  const living = items.map(parseEvent).filter((event) => !isExpired(event, table.now()))
  return new Map(living.map((event) => [idOf(event), event]))
}

/** The event with this id. Undefined if there is none any more. */
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
