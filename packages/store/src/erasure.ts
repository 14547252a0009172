import { encodeBase32, parseEventId } from "@ringback/events/ids"
import type { Named } from "@ringback/events/named"
import type { CallRef } from "./call.ts"
import type { Delivery } from "./delivery.ts"
import { announceChange } from "./changes.ts"
import { getItems, updateItem, type Item, type Update } from "./item.ts"
import { callKey, erasedPartition, eventIdOf, eventKey, hashOf, type Key } from "./keys.ts"
import { queryAll } from "./live-item.ts"
import { isExpired, toSeconds, type Table } from "./table.ts"

// What was erased is known by a hash of its Uuid, as long as something of it may come: queues and their dead letters for
// three weeks, and longer where events of it still arrive.
const IN_FLIGHT_MS = 21 * 24 * 3600 * 1000

/** The Uuids that were erased, as hashes, and when each is forgotten (epoch seconds). */
export type Erased = Map<string, number>

const PREFIX = "UUID#"

export const hashOfName = (kind: "uuid" | "contactKey", text: string) =>
  encodeBase32(hashOf("erased", kind, text))

const lifetimeMs = ({ retentionMs }: Table) => IN_FLIGHT_MS + retentionMs

/** From now on nothing of that Uuid keeps its content. Asked for again, it is remembered longer. */
export async function remember(table: Table, tenant: string, uuidHash: string): Promise<void> {
  const key = { pk: erasedPartition(tenant), sk: `${PREFIX}${uuidHash}` }
  const expiresAt = toSeconds(table.now() + lifetimeMs(table))
  const update = "SET expiresAt = :expiresAt"
  await announceChange(table, tenant)
  await updateItem(table, key, { update, values: { ":expiresAt": expiresAt } })
}

/** All that a tenant had erased: a read unit for about a hundred of them. */
export async function list(table: Table, tenant: string): Promise<Erased> {
  const items = await queryAll(table, erasedPartition(tenant), PREFIX, ["sk", "expiresAt"])
  const now = table.now()
  return new Map(
    items
      .filter((item) => !isExpired(item as { expiresAt: number }, now))
      .map(({ sk, expiresAt }) => [(sk as string).slice(PREFIX.length), expiresAt as number]),
  )
}

/** Whether what is erased is half forgotten, though something of it still came. */
export const isFading = (table: Table, expiresAt: number) =>
  expiresAt * 1000 - table.now() < lifetimeMs(table) / 2

/** Whether one of the Uuids that an event names was erased: the hash of that one. */
export function erasedIn(
  erased: Pick<Erased, "has">,
  { subject, linked }: Named,
): string | undefined {
  return [subject, linked]
    .flatMap((uuid) => (uuid === null ? [] : [hashOfName("uuid", uuid)]))
    .find((hash) => erased.has(hash))
}

/** Takes the content out of an event; the claim stays, so that it is not taken in again. False where it was empty already. */
export const emptyEvent = (table: Table, event: Key): Promise<boolean> =>
  change(table, event, {
    update: "SET erased = :true, #uuid = :null REMOVE headers, packed, #data",
    // Claimed anew by its own message, it may have its content again.
    condition:
      "attribute_exists(pk) AND (attribute_not_exists(erased) OR attribute_exists(headers) OR attribute_exists(packed) OR attribute_exists(#data))",
    names: { "#uuid": "uuid", "#data": "data" },
    values: { ":true": true, ":null": null },
  })

/** Takes out what is known of a call but who told it. */
export const emptyCall = (table: Table, { tenant, source, uuid, isTest }: CallRef) =>
  change(table, callKey(tenant, source, uuid, isTest), {
    update: "REMOVE facts, #references",
    condition: "attribute_exists(facts) OR attribute_exists(#references)",
    names: { "#references": "references" },
  })

type Words = Pick<Delivery, "status" | "attempts" | "reason">

// A code names nobody. Any other words may: a transform throws what it likes, a redirect leads to a person's page, a CRM
// was asked for a contact by number or email.
const isOnlyCode = (error: string) => /^answered \d{3}$/.test(error)
const emptyWords = (text: string | null) => (text === null || isOnlyCode(text) ? text : "erased")

const withoutPerson = ({ steps: _, error, ...attempt }: Delivery["attempts"][number]) => ({
  ...attempt,
  responseBody: null,
  error: emptyWords(error),
})

// Why something is held or discarded is said in words of our own; why it failed, by its transform or connector.
const hasOwnWords = ({ status, reason }: Words) => status === "failed" && reason !== undefined

/** Whether a delivery holds words of others: a receiver's, a transform's, a connector's. */
export const hasWords = (delivery: Words): boolean =>
  (hasOwnWords(delivery) && delivery.reason !== emptyWords(delivery.reason!)) ||
  delivery.attempts.some(
    ({ responseBody, steps, error }) =>
      responseBody !== null || steps !== undefined || error !== emptyWords(error),
  )

/** Takes those words out of a delivery. False where it is another one by now. */
export const emptyDelivery = (table: Table, delivery: Delivery) => {
  const { turn, attempts, reason } = delivery
  const isWorded = hasOwnWords(delivery)
  return change(table, delivery, {
    update: `SET attempts = :attempts${isWorded ? ", #reason = :reason" : ""}`,
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

/** Which of those events are empty: at most a hundred of them. */
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
