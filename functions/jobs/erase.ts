import { advance, type Delivery } from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import * as BreakerState from "@ringback/store/breaker-state"
import { listOpen } from "@ringback/store/delivery-list"
import * as ApiKey from "@ringback/store/api-key"
import * as Endpoint from "@ringback/store/endpoint"
import * as Event from "@ringback/store/event"
import * as Health from "@ringback/store/health"
import { deleteItems } from "@ringback/store/item"
import { eachPage } from "@ringback/store/pages"
import * as Source from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import { walkLoggedCalls, walkTenant, type SidePlace } from "@ringback/store/walk"
import { wasDeleted } from "../endpoint/availability.ts"
import type { JobOf, Next } from "../messages/job.ts"
import { SETTLED_MS } from "./settled.ts"

// Pending deliveries of a deleted resource are discarded at once, and again once no worker can
// still use it: a pass that finds nothing then is the last one. After it nothing is left of an
// endpoint. Of a tenant, the tombstones of its sources are left, which identify messages that are
// still on their way.

type Erase = JobOf<"erase">
type Found = { next: string | undefined; discarded: number }

const PAGE = 100
const LOGGED_PAGE = 500

export async function erasePage(table: Table, job: Erase): Promise<Next<"erase">> {
  const { tenant, place = {} } = job
  if (place.rest) return removeRest(table, tenant, sideBySide(place.rest))
  if (place.logged && job.endpointId) {
    const of = { tenant, endpointId: job.endpointId }
    const { items, next } = await walkLoggedCalls(table, of, place.logged, LOGGED_PAGE)
    await deleteItems(table, items)
    if (next) return { logged: next }
    await Health.remove(table, tenant, job.endpointId)
    await Endpoint.purge(table, tenant, job.endpointId)
    return undefined
  }
  const now = table.now()
  const { settledAt = now + SETTLED_MS, beganAt = now, cursor } = place
  const isTenant = job.endpointId === undefined && job.sourceId === undefined
  if (isTenant && cursor === undefined) await removeAll(table, tenant)
  const { next, discarded } = await discardPage(table, job, cursor)
  const found = (place.found ?? 0) + discarded
  if (next !== undefined) return { cursor: next, settledAt, beganAt, found }
  if (found > 0 || beganAt < settledAt) {
    if (job.endpointId) await BreakerState.resetAndWake(table, tenant, job.endpointId)
    const againAt = beganAt < settledAt ? settledAt : now + SETTLED_MS
    return { settledAt, beganAt: againAt, notBefore: againAt }
  }
  if (job.endpointId) return { logged: { shard: 0 } }
  return isTenant ? { rest: { open: [], from: 0 } } : undefined
}

/** The next page of pending deliveries becomes `discarded`. */
async function discardPage(
  table: Table,
  { tenant, endpointId, sourceId }: Erase,
  cursor: string | undefined,
): Promise<Found> {
  const { items, next } = await listOpen(table, tenant, {
    endpointId,
    statuses: ["pending", "held"],
    limit: PAGE,
    cursor,
  })
  const reason = wasDeleted(endpointId ? "endpoint" : sourceId ? "source" : "tenant")
  let discarded = 0
  await Promise.all(
    items.map(async (delivery) => {
      if (sourceId && (await sourceOf(table, tenant, delivery)) !== sourceId) return
      discarded++
      await advance(table, factsOfItem(delivery), delivery.turn, { status: "discarded", reason })
    }),
  )
  return { next, discarded }
}

/**
 * Deletes events, deliveries, records and calls with names and numbers of people, and tokens,
 * settings and due entries.
 */
async function removeRest(table: Table, tenant: string, place: SidePlace): Promise<Next<"erase">> {
  const { items, next } = await walkTenant(table, tenant, place, PAGE)
  await deleteItems(table, items)
  return next && { rest: next }
}

type Rest = NonNullable<NonNullable<Erase["place"]>["rest"]>

const sideBySide = (rest: Rest): SidePlace =>
  "open" in rest ? rest : { open: [rest], from: rest.shard + 1 }

const sourceOf = async (table: Table, tenant: string, { eventId }: Delivery) =>
  (await Event.get(table, tenant, eventId))?.source

/** Deletes a tenant's keys, sources and endpoints, so that none of them works any more. */
async function removeAll(table: Table, tenant: string): Promise<void> {
  for (const store of [ApiKey, Source, Endpoint]) {
    const read = (after?: string): Promise<{ items: { id: string }[]; next: string | undefined }> =>
      store.page(table, tenant, { limit: PAGE, after })
    for await (const { items } of eachPage(read))
      await Promise.all(items.map(({ id }) => store.remove(table, tenant, id)))
  }
}
