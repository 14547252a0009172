import type { Delivery } from "@ringback/store/delivery"
import { readWhole } from "@ringback/store/delivery-list"
import { idOf, type StoredEvent } from "@ringback/store/event"
import { listEvents } from "@ringback/store/event-list"
import type { RecoverJob } from "@ringback/store/job"
import { deliveryKey, deliveryRef, type DeliveryRef } from "@ringback/store/keys"
import type { Table } from "@ringback/store/table"
import type { Endpoint } from "@ringback/webhooks/endpoint"
import { wants } from "@ringback/webhooks/match"
import { bodyOf } from "./event-body.ts"

/** An event that did not arrive: what there is of its delivery, if anything. */
export type Missing = { event: StoredEvent; ref: DeliveryRef; delivery: Delivery | undefined }

export type Range = Pick<RecoverJob, "since" | "until" | "statuses">

const PAGE = 100

/**
 * A page of what the endpoint wanted and has not got. It starts from the EVENTS, since what has no delivery did not
 * arrive either, and looks at all that are kept: an event may be received long after it happened.
 */
export async function recoverablePage(
  table: Table,
  endpoint: Endpoint,
  { since, until, statuses }: Range,
  cursor: string | undefined,
): Promise<{ missing: Missing[]; next: string | undefined }> {
  const { tenant } = endpoint
  const received = { since, until }
  const { items, next } = await listEvents(table, tenant, { received, limit: PAGE, cursor })
  const wanted = items
    .filter((event) => event.refuted === undefined && !event.erased && isWanted(endpoint, event))
    .map((event) => ({ event, ref: deliveryRef(idOf(event), endpoint.id, event.receivedAt) }))
  const found = await readWhole(
    table,
    wanted.map(({ ref }) => deliveryKey(tenant, ref)),
  )
  const bySort = new Map(found.map((delivery) => [delivery.sk, delivery]))
  const missing = wanted
    .map(({ event, ref }) => ({ event, ref, delivery: bySort.get(deliveryKey(tenant, ref).sk) }))
    .filter(({ delivery }) => !delivery || statuses.includes(delivery.status))
  return { missing, next }
}

/** How many there are in all. */
export async function countRecoverable(
  table: Table,
  endpoint: Endpoint,
  range: Range,
): Promise<number> {
  let count = 0
  let cursor: string | undefined
  do {
    const page = await recoverablePage(table, endpoint, range, cursor)
    count += page.missing.length
    cursor = page.next
  } while (cursor !== undefined)
  return count
}

function isWanted(endpoint: Endpoint, event: StoredEvent): boolean {
  if (event.except === endpoint.id) return false
  const webhook = JSON.parse(bodyOf(endpoint.tenant, event)) as object
  return wants(endpoint, { type: event.type, source: event.source, webhook })
}
