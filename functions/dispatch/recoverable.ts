import { setImmediate } from "node:timers/promises"
import type { Delivery } from "@ringback/store/delivery"
import { factsOfEvent, type DeliveryFacts } from "@ringback/store/delivery-facts"
import { readWhole } from "@ringback/store/delivery-list"
import type { StoredEvent } from "@ringback/store/event"
import { listReceived } from "@ringback/store/event-list"
import type { RecoverJob } from "@ringback/store/job"
import { deliveryKey } from "@ringback/store/item-keys"
import { eachPage } from "@ringback/store/pages"
import type { Table } from "@ringback/store/table"
import type { Endpoint } from "@ringback/webhooks/endpoint"
import { subscribesTo, wants } from "@ringback/webhooks/subscription"
import { stopForEvent } from "./event-stop.ts"
import { webhookOf } from "./stored-event-body.ts"

/** An event that was not delivered, with its delivery if there is one. */
export type Missing = { facts: DeliveryFacts; delivery: Delivery | undefined }

export type Range = Pick<RecoverJob, "since" | "until" | "statuses">

const PAGE = 100
// The first message of a younger event may still be in its queue, and makes its attempt without
// reading the delivery (turn-check.ts). An older one reads it.
const UNDER_WAY_MS = 75_000
// Workers cache a tenant's endpoints for ten seconds: until then an event may have no message.
const KNOWN_AFTER_MS = 12_000

/**
 * A page of events that the endpoint subscribed to and did not receive. It starts from the EVENTS,
 * because an event without a delivery was not received either. It reads all stored events: an event
 * may be received long after it happened.
 */
export async function recoverablePage(
  table: Table,
  endpoint: Endpoint,
  { since, until, statuses }: Range,
  cursor: string | undefined,
): Promise<{ missing: Missing[]; next: string | undefined }> {
  const { tenant } = endpoint
  const { items, next } = await listReceived(table, tenant, { since, until, limit: PAGE, cursor })
  const wanted: DeliveryFacts[] = []
  const underWay = new Set<DeliveryFacts>()
  for (const event of items) {
    // To apply a filter to an event of 1 MB takes a third of a second. On one machine, all other work
    // would wait for a hundred of them.
    if (endpoint.filter) await setImmediate()
    if (stopForEvent(event) || !isWanted(endpoint, event)) continue
    const facts = factsOfEvent(tenant, event, endpoint.id)
    wanted.push(facts)
    const isYoung = event.claimedAt > table.now() - UNDER_WAY_MS
    const wasKnown = endpoint.createdAt + KNOWN_AFTER_MS <= event.claimedAt
    if (isYoung && wasKnown) underWay.add(facts)
  }
  const found = await readWhole(
    table,
    wanted.map(({ ref }) => deliveryKey(tenant, ref)),
  )
  const bySort = new Map(found.map((delivery) => [delivery.sk, delivery]))
  const missing = wanted
    .map((facts) => ({ facts, delivery: bySort.get(deliveryKey(tenant, facts.ref).sk) }))
    .filter(({ facts, delivery }) =>
      delivery ? statuses.includes(delivery.status) : !underWay.has(facts),
    )
  return { missing, next }
}

/** Counts the events, as far as time allows. */
export async function countRecoverable(
  table: Table,
  endpoint: Endpoint,
  range: Range,
  hasTime: () => boolean,
): Promise<{ count: number; isLowerBound: boolean }> {
  let count = 0
  const read = (cursor?: string) => recoverablePage(table, endpoint, range, cursor)
  for await (const { missing, next } of eachPage(read)) {
    count += missing.length
    if (next !== undefined && !hasTime()) return { count, isLowerBound: true }
  }
  return { count, isLowerBound: false }
}

function isWanted(endpoint: Endpoint, event: StoredEvent): boolean {
  if (event.except === endpoint.id || !subscribesTo(endpoint, event)) return false
  if (!endpoint.filter) return true
  const webhook = webhookOf(endpoint.tenant, event)
  return wants(endpoint, { type: event.type, source: event.source, webhook })
}
