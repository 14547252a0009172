import { UpdateItemCommand } from "@aws-sdk/client-dynamodb"
import { marshall } from "@aws-sdk/util-dynamodb"
import * as v from "valibot"
import { getItem, type Item, type ReadOptions } from "./item.ts"
import {
  deliveryId,
  deliveryKey,
  deliveryRefOf,
  dueShardOf,
  openKeyOf,
  type DeliveryRef,
} from "./keys.ts"
import { isConditionFailed, isExpired, toSeconds, type Table } from "./table.ts"

export const DELIVERY_STATUSES = ["pending", "delivered", "failed", "held", "discarded"] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

/** One POST. `error` null: the receiver took it. `responseBody`: the first KB, of failures. */
const Attempt = v.object({
  id: v.string(),
  at: v.number(),
  statusCode: v.nullable(v.number()),
  durationMs: v.number(),
  error: v.nullable(v.string()),
  responseBody: v.nullable(v.string()),
})
export type Attempt = v.InferOutput<typeof Attempt>

/** One event for one endpoint. Times are epoch ms. */
export const Delivery = v.object({
  pk: v.string(),
  sk: v.string(),
  endpointId: v.string(),
  eventId: v.string(),
  eventType: v.string(),
  status: v.picklist(DELIVERY_STATUSES),
  /** Counts what was decided: a message made for an older turn is void. */
  turn: v.number(),
  attemptCount: v.optional(v.number(), 0),
  /** Attempts since the schedule began (anew). */
  tries: v.optional(v.number(), 0),
  attempts: v.optional(v.array(Attempt), []),
  /** When `release` looks at it; behind a delayed message it is a net, later than `nextAt`. */
  dueAt: v.optional(v.number()),
  nextAt: v.optional(v.number()),
  dueShard: v.optional(v.string()),
  /** The slot that the endpoint's rate limit gave it. */
  slot: v.optional(v.number()),
  /** Why it is held or discarded. */
  reason: v.optional(v.string()),
  /** By what a pull endpoint's receiver was last given it. */
  lease: v.optional(v.string()),
  /** The recover job that sent it again last. */
  job: v.optional(v.string()),
  expiresAt: v.number(),
})
export type Delivery = v.InferOutput<typeof Delivery>

export const parseDelivery = (item: Item): Delivery => v.parse(Delivery, item)
export const refOf = (delivery: { pk: string; sk: string }) => deliveryRefOf(delivery)
export const idOf = (delivery: { pk: string; sk: string }) => deliveryId(deliveryRefOf(delivery))

/** What a message says of a delivery: enough to make its item if there is none yet. */
export type DeliveryFacts = {
  tenant: string
  ref: DeliveryRef
  endpointId: string
  eventId: string
  eventType: string
}

/** The delivery at that place, unless there is none (any more). */
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

/** What one decision writes. */
export type Change = {
  status: DeliveryStatus
  attempt?: Attempt | undefined
  /** Pending: when `release` looks at it, and when the next attempt is meant to be. */
  due?: { at: number; nextAt: number; shard?: string } | undefined
  slot?: number | undefined
  reason?: string | undefined
  /** The schedule begins anew, for that job or for somebody's manual retry. */
  restarts?: { job: string | null } | undefined
  /** Parking is no decision: what was sent for this turn stays valid. */
  keepsTurn?: boolean | undefined
  /** Most likely nothing was ever written of it. */
  isNew?: boolean | undefined
}

/** `won`: this decision stands. `lost`: another was made for this turn before. */
export type Advanced = "won" | "lost"

/**
 * Writes a decision on condition that the item's turn is still `turn`; what was never written counts as turn 0,
 * and only that is created here. A write whose answer was lost is recognised by its attempt's id.
 */
export async function advance(
  table: Table,
  facts: DeliveryFacts,
  turn: number,
  change: Change,
): Promise<Advanced> {
  if (table.insert && change.isNew && change.status === "delivered" && change.attempt) {
    if (await table.insert(deliveredItem(table, facts, change.attempt))) return "won"
  }
  const condition = turn === 0 ? "attribute_not_exists(pk) OR turn = :turn" : "turn = :turn"
  if (await update(table, facts, change, condition, { ":turn": turn }, turn)) return "won"
  if (!change.attempt) return "lost"
  const item = await get(table, facts.tenant, facts.ref, { consistent: true })
  return item?.turn === turn + 1 && item.attempts.at(-1)?.id === change.attempt.id ? "won" : "lost"
}

/** What most deliveries are: one attempt, delivered. */
function deliveredItem(
  table: Table,
  { tenant, ref, endpointId, eventId, eventType }: DeliveryFacts,
  attempt: Attempt,
) {
  const status: DeliveryStatus = "delivered"
  const counts = { turn: 1, attempts: [attempt], attemptCount: 1, tries: 1 }
  const expiresAt = toSeconds(table.now() + table.retentionMs)
  const key = deliveryKey(tenant, ref)
  return { ...key, endpointId, eventId, eventType, status, ...counts, expiresAt }
}

/** A 2xx that lost its turn is a delivery all the same; whatever else is planned for it is void from here on. */
export async function settleDelivered(table: Table, facts: DeliveryFacts, attempt: Attempt) {
  const change: Change = { status: "delivered", attempt }
  await update(table, facts, change, "attribute_exists(pk) AND #status <> :status", {}, undefined)
}

async function update(
  table: Table,
  { tenant, ref, endpointId, eventId, eventType }: DeliveryFacts,
  change: Change,
  condition: string,
  values: Item,
  turn: number | undefined,
): Promise<boolean> {
  const sets = [
    "endpointId = :endpointId",
    "eventId = :eventId",
    "eventType = :eventType",
    "#status = :status",
    "expiresAt = :expiresAt",
  ]
  const removes: string[] = []
  const all: Item = {
    ...values,
    ":endpointId": endpointId,
    ":eventId": eventId,
    ":eventType": eventType,
    ":status": change.status,
    // Counted from when it is due: a slot of a slow rate limit may be further away than anything is kept.
    ":expiresAt": toSeconds(Math.max(table.now(), change.due?.at ?? 0) + table.retentionMs),
  }
  const assign = (name: string, value: unknown) => {
    if (value === undefined) return removes.push(name)
    all[`:${name}`] = value
    return sets.push(`${name} = :${name}`)
  }
  if (turn === undefined) {
    sets.push("turn = turn + :one")
    all[":one"] = 1
  } else {
    sets.push("turn = :next")
    all[":next"] = change.keepsTurn ? turn : turn + 1
  }
  assign(
    "openKey",
    change.status === "delivered" ? undefined : openKeyOf(tenant, change.status, ref),
  )
  assign("dueShard", change.due && (change.due.shard ?? dueShardOf(ref)))
  assign("dueAt", change.due?.at)
  assign("nextAt", change.due?.nextAt)
  assign("slot", change.slot)
  assign("reason", change.reason)
  if (change.attempt) {
    sets.push(
      "attempts = list_append(if_not_exists(attempts, :none), :attempt)",
      "attemptCount = if_not_exists(attemptCount, :zero) + :one",
      "tries = if_not_exists(tries, :zero) + :one",
    )
    Object.assign(all, { ":none": [], ":attempt": [change.attempt], ":zero": 0, ":one": 1 })
  } else if (change.restarts) {
    assign("tries", 0)
    assign("job", change.restarts.job ?? undefined)
  }
  try {
    await table.client.send(
      new UpdateItemCommand({
        TableName: table.name,
        Key: marshall(deliveryKey(tenant, ref)),
        UpdateExpression: `SET ${sets.join(", ")}${removes.length > 0 ? ` REMOVE ${removes.join(", ")}` : ""}`,
        ConditionExpression: condition,
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: marshall(all, { removeUndefinedValues: true }),
      }),
    )
    return true
  } catch (error) {
    if (isConditionFailed(error)) return false
    throw error
  }
}
