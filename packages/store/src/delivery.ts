import * as v from "valibot"
import * as Attempts from "./attempt.ts"
import type { DeliveryFacts } from "./delivery-facts.ts"
import { assignmentsOf, getItem, updateItem, type Item, type ReadOptions } from "./item.ts"
import {
  deliveryId,
  deliveryKey,
  deliveryRefOf,
  dueShardOf,
  openKeyOf,
  type DeliveryRef,
  type Key,
} from "./item-keys.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

export const DELIVERY_STATUSES = ["pending", "delivered", "failed", "held", "discarded"] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

export type Attempt = Attempts.Attempt

/** The delivery of one event to one endpoint. Times are epoch ms. */
export const StoredDelivery = v.object({
  pk: v.string(),
  sk: v.string(),
  endpointId: v.string(),
  eventId: v.string(),
  eventType: v.string(),
  status: v.picklist(DELIVERY_STATUSES),
  /** The number of decisions. A message made for an older turn is void. */
  turn: v.number(),
  attemptCount: v.optional(v.number(), 0),
  /** Attempts since the schedule started, or started again. */
  tries: v.optional(v.number(), 0),
  ...Attempts.storedAttempts,
  /**
   * When `release` handles it. If there is a delayed message, this is a safety net, later than
   * `nextAt`.
   */
  dueAt: v.optional(v.number()),
  nextAt: v.optional(v.number()),
  /** The `dueAt` for which `release` has claimed it without moving its index entry. */
  sentFor: v.optional(v.number()),
  dueShard: v.optional(v.string()),
  /** The slot assigned by the endpoint's rate limit. */
  slot: v.optional(v.number()),
  /** Why it is held or discarded. */
  reason: v.optional(v.string()),
  /** Identifies the last lease of a pull endpoint's receiver. */
  lease: v.optional(v.string()),
  /** The last recover job that sent it again. */
  job: v.optional(v.string()),
  expiresAt: v.number(),
})
export type Delivery = Omit<v.InferOutput<typeof StoredDelivery>, "history" | "bodies">

export function parseDelivery(item: Item): Delivery {
  const { attempts, history, bodies, ...delivery } = v.parse(StoredDelivery, item)
  return { ...delivery, attempts: Attempts.restore({ attempts, history, bodies }) }
}

export const idOf = (delivery: Key) => deliveryId(deliveryRefOf(delivery))

/** The delivery with this key. Undefined if there is none any more. */
export async function get(
  table: Table,
  tenant: string,
  ref: DeliveryRef,
  options: ReadOptions = {},
): Promise<Delivery | undefined> {
  const item = await getItem(table, deliveryKey(tenant, ref), options)
  if (!item) return undefined
  const delivery = parseDelivery(item)
  return isExpired(delivery, table.now()) ? undefined : delivery
}

/**
 * When a pending delivery is tried again. `at`: when `release` handles it. `nextAt`: when the
 * attempt is due. `shard`: where it waits, by default one of the common shards.
 */
export type Due = { at: number; nextAt: number; shard?: string }

/** The fields that one decision writes. */
export type Change = {
  status: DeliveryStatus
  attempt?: Attempt | undefined
  /** Replaces all stored attempts, with `attempts`. Absent: the attempt is appended. */
  history?: Uint8Array | undefined
  attempts?: Attempt[] | undefined
  /** For a pending delivery. */
  due?: Due | undefined
  slot?: number | undefined
  reason?: string | undefined
  /** The schedule starts again, for this job or for a manual retry. */
  restarts?: { job: string | null } | undefined
  /** Parking is not a decision: a message sent for this turn stays valid. */
  keepsTurn?: boolean | undefined
  /** The first decision: most likely no item of it exists yet. */
  isNew?: boolean | undefined
  /** See `Insert`. It may not be called if the decision is not inserted. */
  onSent?: (() => void) | undefined
}

/** `won`: this decision is stored. `lost`: another one was stored for this turn before. */
export type Advanced = "won" | "lost"

/** The reason of a delivery that failed because its event is no longer stored. */
export const EVENT_EXPIRED = "the event has expired"

/**
 * Writes a decision on condition that the item's turn is still `turn`. A missing item counts as
 * turn 0, and is created only here. A write whose response was lost is recognised by its attempt's
 * id, or by the times that it has set.
 */
export async function advance(
  table: Table,
  facts: DeliveryFacts,
  turn: number,
  change: Change,
): Promise<Advanced> {
  if (change.isNew) {
    const isInserted = await table.insert?.(firstItem(table, facts, change), change.onSent)
    if (isInserted) return "won"
  }
  const isWritten = await write(table, facts, change, {
    condition: turn === 0 ? "attribute_not_exists(pk) OR turn = :turn" : "turn = :turn",
    turn: "turn = :next",
    values: { ":turn": turn, ":next": change.keepsTurn ? turn : turn + 1 },
  })
  if (isWritten) return "won"
  if (!change.attempt && (!change.due || change.keepsTurn)) return "lost"
  const item = await get(table, facts.tenant, facts.ref, { consistent: true })
  if (item?.turn !== turn + 1) return "lost"
  const isOwn = change.attempt
    ? item.attempts.at(-1)?.id === change.attempt.id
    : item.dueAt === change.due?.at && item.slot === change.slot
  return isOwn ? "won" : "lost"
}

/** The item as its first decision creates it. */
function firstItem(table: Table, facts: DeliveryFacts, change: Change) {
  const { attempt, history, keepsTurn } = change
  return {
    ...deliveryKey(facts.tenant, facts.ref),
    ...attributesOf(table, facts, change),
    turn: keepsTurn ? 0 : 1,
    ...(attempt && { attemptCount: 1, tries: 1 }),
    ...(attempt && !history && { attempts: [attempt] }),
  }
}

/**
 * Records a 2xx that lost its turn. It is a delivery nevertheless, and everything planned for it
 * becomes void.
 */
export async function settleDelivered(table: Table, facts: DeliveryFacts, attempt: Attempt) {
  const change: Change = { status: "delivered", attempt }
  await write(table, facts, change, {
    condition: "attribute_exists(pk) AND #status <> :status",
    turn: "turn = turn + :one",
    values: { ":one": 1 },
  })
}

/** The condition for writing a decision, and the resulting turn. */
type Guard = { condition: string; turn: string; values: Item }

const APPENDS_ATTEMPT = "attempts = list_append(if_not_exists(attempts, :none), :attempt)"
const COUNTS_ATTEMPT = [
  "attemptCount = if_not_exists(attemptCount, :zero) + :one",
  "tries = if_not_exists(tries, :zero) + :one",
]

async function write(table: Table, facts: DeliveryFacts, change: Change, guard: Guard) {
  const { attempt, history } = change
  const attributes = Object.entries(attributesOf(table, facts, change))
  const { sets, names, values } = assignmentsOf(
    Object.fromEntries(attributes.filter(([, value]) => value !== undefined)),
  )
  const removes = attributes.flatMap(([name, value]) => (value === undefined ? [name] : []))
  const appends = attempt && !history
  const all = [
    guard.turn,
    ...sets,
    ...(appends ? [APPENDS_ATTEMPT] : []),
    ...(attempt ? COUNTS_ATTEMPT : []),
  ]
  const counted = {
    ...(attempt && { ":zero": 0, ":one": 1 }),
    ...(appends && { ":none": [], ":attempt": [attempt] }),
  }
  const written = await updateItem(table, deliveryKey(facts.tenant, facts.ref), {
    // There is always something to remove: `sentFor`.
    update: `SET ${all.join(", ")} REMOVE ${removes.join(", ")}`,
    condition: guard.condition,
    names,
    values: { ...values, ...counted, ...guard.values },
  })
  return written !== undefined
}

/** The attributes that a decision sets. Undefined ones are removed. */
function attributesOf(
  table: Table,
  { tenant, ref, endpointId, eventId, eventType }: DeliveryFacts,
  { status, due, slot, reason, attempt, history, attempts, restarts }: Change,
): Item {
  return {
    endpointId,
    eventId,
    eventType,
    status,
    // Counted from the due time: a slot of a low rate limit may be later than the normal retention.
    expiresAt: toSeconds(Math.max(table.now(), due?.at ?? 0) + table.retentionMs),
    openKey: status === "delivered" ? undefined : openKeyOf(tenant, status, ref),
    dueShard: due && (due.shard ?? dueShardOf(ref)),
    dueAt: due?.at,
    sentFor: undefined,
    nextAt: due?.nextAt,
    slot,
    reason,
    ...(history && { history, attempts, bodies: undefined }),
    ...(restarts && !attempt && { tries: 0, job: restarts.job ?? undefined }),
  }
}
