import { formatTraceparent, spanIdOf, traceIdOf } from "@ringback/events/trace"
import * as Delivery from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import { listDue, type DueEntry } from "@ringback/store/due"
import * as Endpoint from "@ringback/store/endpoint"
import * as Event from "@ringback/store/event"
import * as Order from "@ringback/store/order"
import * as Pull from "@ringback/store/pull"
import type { Table } from "@ringback/store/table"
import { signatureHeaders } from "@ringback/webhooks/sign"
import { ERASED } from "../dispatch/event-stop.ts"
import { bodyOf } from "../dispatch/event-body.ts"
import type { OutboundDeps } from "../endpoint-kinds/deps.ts"
import { shape } from "../endpoint-kinds/post-webhook.ts"
import { sendingOf } from "./order.ts"

/** A webhook as it is returned to a receiver that fetches. */
export type Message = {
  deliveryId: string
  headers: Record<string, string>
  body: string
  lease: string
}

export type Wanted = { limit: number; leaseMs: number }

// How many pending deliveries are read. Those with an expired lease are listed behind younger ones,
// and are returned first nevertheless.
const WINDOW = 100
// A Lambda response can have up to 6 MB. A body takes somewhat more space in JSON.
const MAX_BYTES = 4 * 1024 * 1024

type FetchDeps = { table: Table } & Pick<OutboundDeps, "sandbox">

type Candidate = {
  entry: DueEntry
  body: string
  headers: Record<string, string>
  trace: string
  bytes: number
}

// Only the body and the headers of a transform's result are used: nothing is sent, so there is no
// path or method.
const NOWHERE = "https://fetched.invalid/"

/**
 * The pending deliveries of a pull endpoint, oldest first, each leased to this caller. An empty
 * result costs one read.
 */
export async function fetchMessages(
  deps: FetchDeps,
  endpoint: Endpoint.Endpoint,
  { limit, leaseMs }: Wanted,
): Promise<Message[]> {
  const { table } = deps
  const { entries } = await listDue(table, Pull.pullShard(endpoint.id), table.now(), WINDOW)
  const oldest = entries.toSorted((a, b) => (a.sk < b.sk ? -1 : 1))
  const messages: Message[] = []
  let bytes = 0
  for (let start = 0; start < oldest.length && messages.length < limit;) {
    const group = oldest.slice(start, start + limit - messages.length)
    start += group.length
    const candidates = await withBodies(deps, endpoint, group)
    const fitting = candidates.filter(
      (each, index) => (bytes += each.bytes) <= MAX_BYTES || messages.length + index === 0,
    )
    const leased = await Promise.all(
      fitting.map((each) => leaseOne(table, endpoint, each, leaseMs)),
    )
    messages.push(...leased.flatMap((each) => each ?? []))
    if (fitting.length < candidates.length) break
  }
  return messages
}

async function withBodies(
  deps: FetchDeps,
  endpoint: Endpoint.Endpoint,
  group: DueEntry[],
): Promise<Candidate[]> {
  const { tenant } = endpoint
  const { table } = deps
  const events = await Event.getMany(
    table,
    tenant,
    group.map(({ eventId }) => eventId!),
  )
  const found = await Promise.all(
    group.map(async (entry) => {
      const event = events.get(entry.eventId!)
      const end = await endOf(table, endpoint, event)
      if (!event || end) return settle(table, entry, end)
      const shaped = await shape(
        deps,
        { url: NOWHERE, transform: endpoint.transform ?? null },
        {
          event: { id: entry.eventId!, body: bodyOf(tenant, event) },
          auth: undefined,
          realm: tenant,
        },
      )
      if (shaped.result !== "send") return settle(table, entry, endOfShaped(shaped))
      const { body } = shaped
      const headers = { ...shaped.headers, "content-type": shaped.contentType }
      const trace = traceIdOf(event.message)
      return { entry, body, headers, trace, bytes: Buffer.byteLength(body) }
    }),
  )
  return found.flatMap((each) => each ?? [])
}

async function settle(table: Table, entry: DueEntry, end: Delivery.Change | undefined) {
  if (end) await Delivery.advance(table, factsOf(entry), entry.turn!, end)
  return undefined
}

/**
 * Undefined if the transform took too long or had no free slot: it may succeed on the next fetch.
 */
function endOfShaped(
  shaped: Exclude<Awaited<ReturnType<typeof shape>>, { result: "send" }>,
): Delivery.Change | undefined {
  if (shaped.result === "late" || shaped.result === "busy") return undefined
  return shaped.result === "unwanted"
    ? { status: "discarded", reason: "not wanted by its transform" }
    : { status: "failed", reason: shaped.reason }
}

/** The new status of a delivery that can no longer be fetched. */
async function endOf(
  table: Table,
  endpoint: Endpoint.Endpoint,
  event: Event.StoredEvent | undefined,
): Promise<Delivery.Change | undefined> {
  if (!event) return { status: "failed", reason: "the event has expired" }
  if (event.erased) return ERASED
  const sending = sendingOf(endpoint, event)
  const by = sending && (await Order.findSuperseding(table, sending))
  return by === undefined ? undefined : { status: "discarded", reason: `superseded by ${by}` }
}

const factsOf = (entry: DueEntry) =>
  factsOfItem({ ...entry, eventId: entry.eventId!, eventType: entry.eventType! })

/** Undefined if another request was faster. */
async function leaseOne(
  table: Table,
  endpoint: Endpoint.Endpoint,
  { entry, body, headers: shaped, trace }: Candidate,
  leaseMs: number,
): Promise<Message | undefined> {
  const now = table.now()
  const lease = Pull.makeLease(now)
  if (!(await Pull.lease(table, entry, lease, now + leaseMs))) return undefined
  const signature = signatureHeaders({
    id: entry.eventId!,
    timestampSeconds: Math.floor(now / 1000),
    body,
    secrets: Endpoint.openSecrets(table, endpoint, now),
  })
  const traceparent = formatTraceparent(trace, spanIdOf(lease))
  const headers = { ...shaped, ...signature, traceparent }
  return { deliveryId: Delivery.idOf(entry), headers, body, lease }
}
