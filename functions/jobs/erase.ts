import { advance, type Delivery } from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import * as BreakerState from "@ringback/store/breaker-state"
import { listOpen } from "@ringback/store/delivery-list"
import * as ApiKey from "@ringback/store/api-key"
import * as Endpoint from "@ringback/store/endpoint"
import * as Event from "@ringback/store/event"
import { eachPage } from "@ringback/store/pages"
import * as Record from "@ringback/store/record"
import * as Source from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import { walkRecords, type Place } from "@ringback/store/walk"
import { wasDeleted } from "../endpoint/availability.ts"
import type { JobOf, Next } from "../messages/job.ts"

type Erase = JobOf<"erase">

const PAGE = 100

/** The next page of what waited for something deleted becomes `discarded`; of a tenant its records are deleted after that. */
export async function erasePage(table: Table, job: Erase): Promise<Next<"erase">> {
  const { tenant, endpointId, sourceId, place } = job
  if (place && "records" in place) return removeRecords(table, tenant, place.records)
  const cursor = place?.cursor
  const isTenant = endpointId === undefined && sourceId === undefined
  if (isTenant && !place) await removeAll(table, tenant)
  const { items, next } = await listOpen(table, tenant, {
    endpointId,
    statuses: ["pending", "held"],
    limit: PAGE,
    cursor,
  })
  const reason = wasDeleted(endpointId ? "endpoint" : sourceId ? "source" : "tenant")
  await Promise.all(
    items.map(async (delivery) => {
      if (sourceId && (await sourceOf(table, tenant, delivery)) !== sourceId) return
      await advance(table, factsOfItem(delivery), delivery.turn, { status: "discarded", reason })
    }),
  )
  if (next !== undefined) return { cursor: next }
  if (endpointId) {
    await BreakerState.resetAndWake(table, tenant, endpointId)
    await Endpoint.purge(table, tenant, endpointId)
  }
  return isTenant ? { records: { shard: 0 } } : undefined
}

/** Campaigns, lists and rows with names and numbers of people. */
async function removeRecords(table: Table, tenant: string, place: Place): Promise<Next<"erase">> {
  const { items, next } = await walkRecords(table, tenant, place, PAGE)
  await Promise.all(items.map((record) => Record.remove(table, tenant, record)))
  return next && { records: next }
}

const sourceOf = async (table: Table, tenant: string, { eventId }: Delivery) =>
  (await Event.get(table, tenant, eventId))?.source

/** A deleted tenant's things leave tombstones too: what is in flight for them is discarded. */
async function removeAll(table: Table, tenant: string): Promise<void> {
  for (const room of [ApiKey, Source, Endpoint]) {
    const read = (after?: string): Promise<{ items: { id: string }[]; next: string | undefined }> =>
      room.page(table, tenant, { limit: PAGE, after })
    for await (const { items } of eachPage(read))
      await Promise.all(items.map(({ id }) => room.remove(table, tenant, id)))
  }
}
