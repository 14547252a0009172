import { encodeBase32, parseEventId } from "@ringback/events/ids"
import type { Named } from "@ringback/events/named"
import type { CallRef } from "./call.ts"
import type { Delivery } from "./delivery.ts"
import { announceChange } from "./changes.ts"
import { getItems, updateItem, type Item, type Update } from "./item.ts"
import { callKey, erasedPartition, eventIdOf, eventKey, hashOf, type Key } from "./keys.ts"
import { queryAll } from "./live-item.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

// Erased Uuids are stored as hashes for as long as messages about them may arrive: three weeks for
// queues and their dead letters, and longer if such events still arrive.
const IN_FLIGHT_MS = 21 * 24 * 3600 * 1000

/** The hashes of the erased Uuids, and when each is deleted (epoch seconds). */
export type Erased = Map<string, number>

const PREFIX = "UUID#"

export const hashOfName = (kind: "uuid" | "contactKey", text: string) =>
  encodeBase32(hashOf("erased", kind, text))

const lifetimeMs = ({ retentionMs }: Table) => IN_FLIGHT_MS + retentionMs

/** From now on no content is stored for this Uuid. A repeated request extends the time. */
export async function remember(table: Table, tenant: string, uuidHash: string): Promise<void> {
  const key = { pk: erasedPartition(tenant), sk: `${PREFIX}${uuidHash}` }
  const expiresAt = toSeconds(table.now() + lifetimeMs(table))
  const update = "SET expiresAt = :expiresAt"
  await announceChange(table, tenant)
  await updateItem(table, key, { update, values: { ":expiresAt": expiresAt } })
}

/** All erasures of a tenant. About a hundred of them cost one read unit. */
export async function list(table: Table, tenant: string): Promise<Erased> {
  const items = await queryAll(table, erasedPartition(tenant), PREFIX, ["sk", "expiresAt"])
  const now = table.now()
  return new Map(
    items
      .filter((item) => !isExpired(item as { expiresAt: number }, now))
      .map(({ sk, expiresAt }) => [(sk as string).slice(PREFIX.length), expiresAt as number]),
  )
}

/** Whether half of an erasure's time is over although events about it still arrive. */
export const isHalfOver = (table: Table, expiresAt: number) =>
  expiresAt * 1000 - table.now() < lifetimeMs(table) / 2

/** Whether one of an event's Uuids was erased. Returns the hash of that one. */
export function erasedIn(
  erased: Pick<Erased, "has">,
  { subject, linked }: Named,
): string | undefined {
  return [subject, linked]
    .flatMap((uuid) => (uuid === null ? [] : [hashOfName("uuid", uuid)]))
    .find((hash) => erased.has(hash))
}

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

/** Removes the data of a call, except for its claims. */
export const emptyCall = (table: Table, { tenant, source, uuid, isTest }: CallRef) =>
  change(table, callKey(tenant, source, uuid, isTest), {
    update: "REMOVE facts, #references",
    condition: "attribute_exists(facts) OR attribute_exists(#references)",
    names: { "#references": "references" },
  })

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
const hasOwnWords = ({ status, reason }: Words) => status === "failed" && reason !== undefined

/** Whether a delivery contains text from a receiver, a transform or a connector. */
export const hasWords = (delivery: Words): boolean =>
  (hasOwnWords(delivery) && delivery.reason !== emptyWords(delivery.reason!)) ||
  delivery.attempts.some(
    ({ responseBody, steps, error }) =>
      responseBody !== null || steps !== undefined || error !== emptyWords(error),
  )

/** Removes such text from a delivery. False if the delivery changed in the meantime. */
export const emptyDelivery = (table: Table, delivery: Delivery) => {
  const { turn, attempts, reason } = delivery
  const isWorded = hasOwnWords(delivery)
  return change(table, delivery, {
    update: `SET attempts = :attempts${isWorded ? ", #reason = :reason" : ""} REMOVE bodies`,
    condition:
      attempts.length === 0
        ? "turn = :turn AND attribute_not_exists(attempts)"
        : "turn = :turn AND size(attempts) = :count",
    ...(isWorded && { names: { "#reason": "reason" } }),
    values: {
      ":attempts": attempts.map(withoutPerson),
      ":turn": turn,
      ...(attempts.length > 0 && { ":count": attempts.length }),
      ...(isWorded && { ":reason": emptyWords(reason!) }),
    },
  })
}

/** Which of these events are empty. At most a hundred events. */
export async function erasedAmong(
  table: Table,
  tenant: string,
  eventIds: string[],
): Promise<Set<string>> {
  const keys = eventIds.flatMap((id) => {
    const parsed = parseEventId(id)
    return parsed ? [eventKey(tenant, parsed.timeNanos, parsed.hash)] : []
  })
  const attributes = ["pk", "sk", "erased"]
  const items = await getItems(table, keys, { consistent: true, attributes })
  return new Set(items.filter(({ erased }) => erased).map((item) => eventIdOf(item as Item & Key)))
}

const change = async (table: Table, { pk, sk }: Key, update: Update): Promise<boolean> =>
  (await updateItem(table, { pk, sk }, update)) !== undefined
