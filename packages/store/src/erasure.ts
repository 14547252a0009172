import { encodeBase32, parseEventId } from "@ringback/events/ids"
import type { Named } from "@ringback/events/named"
import type { CallRef } from "./call.ts"
import { EVENT_EXPIRED, type Delivery } from "./delivery.ts"
import { announceChange } from "./changes.ts"
import { getItems, updateItem, type Item, type Update } from "./item.ts"
import {
  callKey,
  ERASED_PREFIX,
  erasedKey,
  erasedPartition,
  eventIdOf,
  eventKey,
  hashOf,
  linkedCountKey,
  type Key,
} from "./item-keys.ts"
import { queryPage } from "./live-item.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

// Erased Uuids are stored as hashes for as long as messages about them may arrive: three weeks for
// queues and their dead letters, and longer if such events still arrive. A tenant may have any
// number of them, so workers look up those that an event names, and remember only whether there are
// any.
const IN_FLIGHT_MS = 21 * 24 * 3600 * 1000

/** The hashes of erased Uuids, and when each is deleted (epoch seconds). */
export type Erased = Map<string, number>

/** What workers cache of a tenant. */
export type Marker = {
  /** Whether the tenant has erasures. */
  isAny: boolean
  /** The day of which no more linked Uuids are accepted. */
  fullOn?: string
}

const LIST_LIMIT = 1000
export const LINKED_A_DAY = 1000
const DAY_SECONDS = 24 * 3600

/** The same for a text as it was received and as it is stored: see well-formed.ts. */
export const hashOfName = (kind: "uuid" | "contactKey", text: string) =>
  encodeBase32(hashOf("erased", kind, text.toWellFormed()))

/** The hashes of the Uuids by which an event can be erased. */
export const hashesOf = ({ subject, linked }: Pick<Named, "subject" | "linked">): string[] => [
  ...new Set(
    [subject, linked].flatMap((uuid) => (uuid === null ? [] : [hashOfName("uuid", uuid)])),
  ),
]

const lifetimeMs = ({ retentionMs }: Table) => IN_FLIGHT_MS + retentionMs

/** From now on no content is stored for this Uuid. A repeated request extends the time. */
export async function remember(table: Table, tenant: string, uuidHash: string): Promise<void> {
  await announceChange(table, tenant)
  await addAnother(table, tenant, uuidHash)
}

/**
 * The same for a tenant that has another erasure, which is kept for days to come: then workers know
 * that it has some, and nothing needs to be announced.
 */
export async function addAnother(table: Table, tenant: string, uuidHash: string): Promise<void> {
  const expiresAt = toSeconds(table.now() + lifetimeMs(table))
  const update = "SET expiresAt = :expiresAt"
  await updateItem(table, erasedKey(tenant, uuidHash), {
    update,
    values: { ":expiresAt": expiresAt },
  })
}

/** The day whose linked Uuids are counted together. */
export const dayOf = ({ now }: Table) => new Date(now()).toISOString().slice(0, 10)

/**
 * Erases the Uuid of a call because one of its events names an erased Uuid. Events make these, so a
 * tenant can add a thousand a day. False beyond that: then the call's events are erased only if
 * they name an erased Uuid themselves, and an event that has only the call's Uuid keeps its
 * content.
 */
export async function addLinked(table: Table, tenant: string, uuidHash: string): Promise<boolean> {
  const isCounted = await updateItem(table, linkedCountKey(tenant, dayOf(table)), {
    update: "SET expiresAt = :expiresAt ADD #count :one",
    condition: "attribute_not_exists(#count) OR #count < :limit",
    names: { "#count": "count" },
    values: {
      ":expiresAt": toSeconds(table.now()) + 2 * DAY_SECONDS,
      ":one": 1,
      ":limit": LINKED_A_DAY,
    },
  })
  if (!isCounted) return false
  await addAnother(table, tenant, uuidHash)
  return true
}

/** Whether the tenant has erasures. Expired ones may count. */
export async function readMarker(table: Table, tenant: string): Promise<Marker> {
  const request = {
    pk: erasedPartition(tenant),
    prefix: ERASED_PREFIX,
    limit: 1,
    attributes: ["sk"],
  }
  const { items } = await queryPage(table, request)
  return { isAny: items.length > 0 }
}

/** Those of these hashes that are erased. */
export async function find(table: Table, tenant: string, hashes: string[]): Promise<Erased> {
  const keys = hashes.map((hash) => erasedKey(tenant, hash))
  return erasedOf(table, await getItems(table, keys, { attributes: ["sk", "expiresAt"] }))
}

/**
 * All erasures of a tenant, or undefined if there are a thousand or more. About a hundred of them
 * cost one read unit.
 */
export async function list(table: Table, tenant: string): Promise<Erased | undefined> {
  const attributes = ["sk", "expiresAt"]
  const request = {
    pk: erasedPartition(tenant),
    prefix: ERASED_PREFIX,
    limit: LIST_LIMIT,
    attributes,
  }
  const { items, next } = await queryPage(table, request)
  return next === undefined ? erasedOf(table, items) : undefined
}

const erasedOf = (table: Table, items: Item[]): Erased =>
  new Map(
    items
      .filter((item) => !isExpired(item as { expiresAt: number }, table.now()))
      .map(({ sk, expiresAt }) => [
        (sk as string).slice(ERASED_PREFIX.length),
        expiresAt as number,
      ]),
  )

/** Whether half of an erasure's time is over although events about it still arrive. */
export const isHalfOver = (table: Table, expiresAt: number) =>
  expiresAt * 1000 - table.now() < lifetimeMs(table) / 2

/**
 * Removes the content of an event. Its claim is kept, so that the event is not accepted again.
 * False if it was already empty.
 */
export const emptyEvent = (table: Table, event: Key): Promise<boolean> =>
  change(table, event, {
    update: "SET erased = :true, #uuid = :null REMOVE headers, packed, #data",
    // If its own message claimed it again, it may have its content again.
    condition:
      "attribute_exists(pk) AND (attribute_not_exists(erased) OR attribute_exists(headers) OR attribute_exists(packed) OR attribute_exists(#data))",
    names: { "#uuid": "uuid", "#data": "data" },
    values: { ":true": true, ":null": null },
  })

/**
 * Removes the data of a call, except for its claims. A worker that still has an event of the call
 * adds nothing but claims.
 */
export async function emptyCall(table: Table, { tenant, source, uuid, isTest }: CallRef) {
  await updateItem(table, callKey(tenant, source, uuid, isTest), {
    update: "SET erased = :true, expiresAt = :expiresAt REMOVE facts, #references",
    names: { "#references": "references" },
    values: { ":true": true, ":expiresAt": toSeconds(table.now() + table.retentionMs) },
  })
}

type Words = Pick<Delivery, "status" | "attempts" | "reason">

// A status code contains no personal data. Any other text may: a transform throws any message, a
// redirect leads to a person's page, a CRM was queried by phone number or email.
const isOnlyCode = (error: string) => /^answered \d{3}$/.test(error)
const emptyWords = (text: string | null) => (text === null || isOnlyCode(text) ? text : "erased")

const withoutPerson = ({ steps: _, error, ...attempt }: Delivery["attempts"][number]) => ({
  ...attempt,
  responseBody: null,
  error: emptyWords(error),
})

// The reasons of held and discarded deliveries are our own texts. Those of failures may come from a
// transform or connector.
const hasOwnWords = ({ status, reason }: Words) =>
  status === "failed" && reason !== undefined && reason !== EVENT_EXPIRED

/** Whether a delivery contains text from a receiver, a transform or a connector. */
export const hasWords = (delivery: Words): boolean =>
  (hasOwnWords(delivery) && delivery.reason !== emptyWords(delivery.reason!)) ||
  delivery.attempts.some(
    ({ responseBody, steps, error }) =>
      responseBody !== null || steps !== undefined || error !== emptyWords(error),
  )

/** Removes such text from a delivery. False if the delivery changed in the meantime. */
export const emptyDelivery = (table: Table, delivery: Delivery) => {
  const { turn, attemptCount, attempts, reason } = delivery
  const isWorded = hasOwnWords(delivery)
  return change(table, delivery, {
    update: `SET attempts = :attempts${isWorded ? ", #reason = :reason" : ""} REMOVE history, bodies`,
    condition:
      attemptCount === 0
        ? "turn = :turn AND attribute_not_exists(attemptCount)"
        : "turn = :turn AND attemptCount = :count",
    ...(isWorded && { names: { "#reason": "reason" } }),
    values: {
      ":attempts": attempts.map(withoutPerson),
      ":turn": turn,
      ...(attemptCount > 0 && { ":count": attemptCount }),
      ...(isWorded && { ":reason": emptyWords(reason!) }),
    },
  })
}

/**
 * Which of these events have no content, and why. A delivery may be stored for longer than its
 * event: then nothing tells any more whom it is about. At most a hundred events.
 */
export async function withoutContent(
  table: Table,
  tenant: string,
  eventIds: string[],
): Promise<Map<string, "erased" | "expired">> {
  const keys = eventIds.flatMap((id) => {
    const parsed = parseEventId(id)
    return parsed ? [eventKey(tenant, parsed.timeNanos, parsed.hash)] : []
  })
  const attributes = ["pk", "sk", "erased"]
  const items = await getItems(table, keys, { consistent: true, attributes })
  const causes = new Map(keys.map((key) => [eventIdOf(key), "expired" as "erased" | "expired"]))
  for (const item of items) {
    const id = eventIdOf(item as Item & Key)
    if (item["erased"]) causes.set(id, "erased")
    else causes.delete(id)
  }
  return causes
}

const change = async (table: Table, { pk, sk }: Key, update: Update): Promise<boolean> =>
  (await updateItem(table, { pk, sk }, update)) !== undefined
