import { namedIn, namedInCall, type Named } from "@ringback/events/named"
import * as Connector from "@ringback/store/connector"
import * as Delivery from "@ringback/store/delivery"
import { factsOfEvent, factsOfItem } from "@ringback/store/delivery-facts"
import { readWhole } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import * as Erasure from "@ringback/store/erasure"
import * as Event from "@ringback/store/event"
import {
  JOB_LEASE_MS,
  eraseLease,
  finishJob,
  getEraseJob,
  type EraseJob,
} from "@ringback/store/job"
import { deliveryKey } from "@ringback/store/item-keys"
import * as Lease from "@ringback/store/lease"
import * as Record from "@ringback/store/record"
import type { Table } from "@ringback/store/table"
import { walkDeliveries, walkEvents, walkRecords, type Walked } from "@ringback/store/walk"
import { wants } from "@ringback/webhooks/subscription"
import { webhookOf } from "../dispatch/stored-event-body.ts"
import { ERASED, EXPIRED, stopForEvent } from "../dispatch/event-stop.ts"
import { SETTLED_MS } from "./settled.ts"
import { FORGET_PHASES, type ForgetPlace, type JobOf, type Next } from "../messages/job.ts"

// Everything that names the person or call is emptied: records, events, deliveries, in this order.
// Items that only name it through another item (such as the call that was made for the row) are
// discovered on the way. So passes over all data are repeated until one finds nothing new, and once
// more when all workers know of the erasure, for events that they received in the meantime.

const PAGE = 100
type Work = {
  table: Table
  job: EraseJob
  /** All erasures of the tenant. If it has very many, only those that `learn` has read. */
  erased: Erasure.Erased
  hasAll: boolean
  walk: ForgetPlace
}

export async function forgetPage(
  table: Table,
  { tenant, jobId, place }: JobOf<"forget">,
): Promise<Next<"forget">> {
  const job = await getEraseJob(table, tenant, jobId)
  if (!job || job.finishedAt !== undefined) return undefined
  await Lease.renew(table, eraseLease(job), JOB_LEASE_MS)
  const none = { records: 0, events: 0, deliveries: 0 }
  const start = { phase: "records" as const, shard: 0, beganAt: table.now(), found: 0, ...none }
  const walk: ForgetPlace = place ?? start
  const all = await Erasure.list(table, tenant)
  const known = { erased: all ?? new Map<string, number>(), hasAll: all !== undefined }
  const next = await PAGES[walk.phase]({ table, job, walk, ...known })
  const { after: _, notBefore: _before, ...rest } = walk
  if (next) return { ...rest, ...next }
  const following = FORGET_PHASES[FORGET_PHASES.indexOf(walk.phase) + 1]
  if (following) return { ...rest, phase: following, shard: 0 }
  const settledAt = job.createdAt + SETTLED_MS
  if (walk.found > 0 || walk.beganAt < settledAt) {
    const beganAt = walk.found > 0 ? table.now() : Math.max(table.now(), settledAt)
    return { ...rest, phase: "records", shard: 0, found: 0, beganAt, notBefore: beganAt }
  }
  const { records, events, deliveries } = walk
  await finishJob(table, job, { records, events, deliveries })
  await Lease.release(table, eraseLease(job))
  return undefined
}

const PAGES: { [Name in ForgetPlace["phase"]]: (work: Work) => Promise<Walked<unknown>["next"]> } =
  {
    records: recordsPage,
    events: eventsPage,
    deliveries: deliveriesPage,
  }

/** Reads which of these Uuids are erased. */
async function learn(
  { table, job, erased, hasAll }: Work,
  named: Pick<Named, "subject" | "linked">[],
): Promise<void> {
  if (hasAll) return
  const hashes = [...new Set(named.flatMap(Erasure.hashesOf))]
  for (const [hash, at] of await Erasure.find(table, job.tenant, hashes)) erased.set(hash, at)
}

/**
 * From now on this Uuid is erased, too. There is no limit, because each one is of a stored event. A
 * job that was given a contact key starts without an erasure, so the first one is announced.
 */
async function add({ table, job, erased, walk }: Work, uuid: string | null): Promise<void> {
  const hash = uuid === null ? undefined : Erasure.hashOfName("uuid", uuid)
  if (hash === undefined || erased.has(hash)) return
  const keep = walk.found === 0 ? Erasure.remember : Erasure.addAnother
  await keep(table, job.tenant, hash)
  erased.set(hash, Infinity)
  walk.found++
}

const hasKey = ({ job }: Work, { contactKey }: Pick<Named, "contactKey">) =>
  contactKey !== null && job.contactKeyHash === Erasure.hashOfName("contactKey", contactKey)

async function recordsPage(work: Work) {
  const { table, job, erased, walk } = work
  const { items, next } = await walkRecords(table, job.tenant, walk, PAGE)
  await learn(
    work,
    items.map(({ uuid }) => ({ subject: uuid, linked: null })),
  )
  for (const record of items) {
    const { uKey } = JSON.parse(record.data ?? "{}") as { uKey?: unknown }
    const contactKey = record.kind === "dllist" && typeof uKey === "string" ? uKey : null
    if (hasKey(work, { contactKey })) await add(work, record.uuid)
    if (!erased.has(Erasure.hashOfName("uuid", record.uuid))) continue
    if (await Record.remove(table, job.tenant, record)) walk.records++
  }
  return next
}

async function eventsPage(work: Work) {
  const { table, job, walk } = work
  const { items, next } = await walkEvents(table, job.tenant, walk, PAGE)
  const naming = items.flatMap((event) => {
    const named = namesOf(event)
    return named ? [{ event, named }] : []
  })
  await learn(
    work,
    naming.map(({ named }) => named),
  )
  for (const { event, named } of naming) {
    if (!(await concerns(work, event, named))) continue
    const endpoints = await Endpoint.list(table, job.tenant)
    await stopFirst(table, job.tenant, event, endpoints)
    const isCall = /^(dialing|call)\./.test(event.type)
    const { source, test: isTest } = event
    if (isCall && source !== null && named.subject !== null)
      await Erasure.emptyCall(table, { tenant: job.tenant, source, uuid: named.subject, isTest })
    if (event.type.startsWith("call.") && named.subject !== null)
      await emptyLogged(table, { tenant: job.tenant, uuid: named.subject }, endpoints)
    if (await Erasure.emptyEvent(table, event)) walk.events++
  }
  return next
}

/** Undefined if an event names nobody, or no longer does. */
function namesOf(event: Event.StoredEvent): Named | undefined {
  if (event.data !== undefined)
    return event.type.startsWith("call.")
      ? namedInCall(JSON.parse(event.data) as { [name: string]: unknown })
      : undefined
  const headers = Event.headersOf(event)
  return headers.length > 0 ? namedIn(headers) : undefined
}

/**
 * Whether the event has to be emptied. Records the related Uuids that have to be erased because of
 * it.
 */
async function concerns(work: Work, { type }: Event.StoredEvent, named: Named): Promise<boolean> {
  const { subject, linked } = named
  const isErased = (uuid: string | null) =>
    uuid !== null && work.erased.has(Erasure.hashOfName("uuid", uuid))
  if (type.startsWith("dllist.")) {
    if (hasKey(work, named)) await add(work, subject)
    // The call made for a row belongs to the person, but not everything of the row belongs to the
    // call.
    if (isErased(subject)) await add(work, linked)
  } else {
    if (hasKey(work, named)) await add(work, linked)
    if (isErased(linked)) await add(work, subject)
  }
  return isErased(subject) || isErased(linked)
}

/** A first attempt that is still in a queue finds that its delivery was already decided. */
async function stopFirst(
  table: Table,
  tenant: string,
  event: Event.StoredEvent,
  endpoints: Endpoint.Matching[],
): Promise<void> {
  if (stopForEvent(event)) return
  const { type, source } = event
  const candidate = { type, source, webhook: webhookOf(tenant, event) }
  const all = endpoints
    .filter((each) => each.createdAt <= event.claimedAt && wants(each, candidate))
    .map(({ id }) => factsOfEvent(tenant, event, id))
  const known = await readWhole(
    table,
    all.map(({ ref }) => deliveryKey(tenant, ref)),
  )
  const there = new Set(known.map(({ sk }) => sk))
  await Promise.all(
    all
      .filter(({ ref }) => !there.has(deliveryKey(tenant, ref).sk))
      .map((facts) => Delivery.advance(table, facts, 0, ERASED)),
  )
}

/** Empties a connector's record of a call: the contact that it found for the call in the CRM. */
async function emptyLogged(
  table: Table,
  call: { tenant: string; uuid: string },
  endpoints: Endpoint.Matching[],
): Promise<void> {
  const logging = endpoints.filter(({ connector }) => connector)
  await Promise.all(
    logging.map(({ id }) => Connector.emptyCall(table, { ...call, endpointId: id })),
  )
}

async function deliveriesPage({ table, job, walk }: Work) {
  const { tenant } = job
  const { items, next } = await walkDeliveries(table, tenant, walk, PAGE)
  const ids = [...new Set(items.map(({ eventId }) => eventId))]
  const empty = await Erasure.withoutContent(table, tenant, ids)
  for (const delivery of items) {
    const cause = empty.get(delivery.eventId)
    const end = cause === "expired" ? EXPIRED : ERASED
    if (cause && (await forget(table, delivery, end))) walk.deliveries++
  }
  return next
}

const ATTEMPTS = 10

/**
 * Ends an open delivery and removes the words of others. False if there was nothing to remove. A
 * delivery that changes in the meantime is read again.
 */
async function forget(
  table: Table,
  found: Delivery.Delivery,
  end: typeof ERASED | typeof EXPIRED,
): Promise<boolean> {
  let delivery: Delivery.Delivery | undefined = found
  for (let attempt = 0; delivery && attempt < ATTEMPTS; attempt++) {
    const facts = factsOfItem(delivery)
    const isOpen = delivery.status === "pending" || delivery.status === "held"
    if (!isOpen && !Erasure.hasWords(delivery)) return attempt > 0
    if (isOpen) await Delivery.advance(table, facts, delivery.turn, end)
    else await Erasure.emptyDelivery(table, delivery)
    delivery = await Delivery.get(table, facts.tenant, facts.ref, { consistent: true })
  }
  if (delivery)
    throw new Error(`the delivery ${Delivery.idOf(delivery)} was changed by others too often`)
  return true
}
