import { formatTraceparent, spanIdOf, traceIdOf } from "@ringback/events/trace"
import * as Delivery from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import { listDue, type DueEntry, type DuePage } from "@ringback/store/due"
import * as Endpoint from "@ringback/store/endpoint"
import * as Event from "@ringback/store/event"
import * as Order from "@ringback/store/order"
import * as Pull from "@ringback/store/pull"
import type { Table } from "@ringback/store/table"
import { signatureHeaders } from "@ringback/webhooks/sign"
import { ERASED, EXPIRED } from "../dispatch/event-stop.ts"
import { bodyOf } from "../dispatch/stored-event-body.ts"
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
// A delivery whose transform took too long is put off, so that the others have their turn.
const PUT_OFF_MS = 60_000
// No further evaluations are started after this time: the request must be answered in time.
const WORK_MS = 5_000

/** Whether there is something to fetch, by one read. */
export async function isAnyDue(table: Table, endpointId: string): Promise<boolean> {
  const { entries } = await listDue(table, Pull.pullShard(endpointId), table.now(), 1)
  return entries.length > 0
}

type FetchDeps = { table: Table } & Pick<OutboundDeps, "sandbox">

/** What a pull shard consists of: deliveries alone. */
type DueDelivery = DueEntry & { eventId: string; eventType: string; turn: number }

type Candidate = {
  /** Undefined if it has no order. */
  sending: Order.Sending | undefined
  entry: DueDelivery
  body: string
  headers: Record<string, string>
  trace: string
  bytes: number
}

// Only the body and the headers of a transform's result are used: nothing is sent, so there is no
// path or method.
const NOWHERE = "https://fetched.invalid/"

type Shaped = Awaited<ReturnType<typeof shape>>

/**
 * The pending deliveries of a pull endpoint, oldest first, each leased to this caller. An empty
 * result costs one read. Those that end without a message, such as what the transform does not
 * want, cannot keep others back: more are read while none is found, for five seconds.
 */
export async function fetchMessages(
  deps: FetchDeps,
  endpoint: Endpoint.Endpoint,
  wanted: Wanted,
): Promise<Message[]> {
  const { table } = deps
  const startedAt = table.now()
  let start: DuePage["next"]
  do {
    const shard = Pull.pullShard(endpoint.id)
    const { entries, next } = await listDue(table, shard, startedAt, WINDOW, start)
    const messages = await fetchWindow(deps, endpoint, entries as DueDelivery[], {
      ...wanted,
      startedAt,
    })
    if (messages.length > 0) return messages
    start = next
  } while (start !== undefined && table.now() - startedAt < WORK_MS)
  return []
}

/**
 * Those of one read. Deliveries whose transform takes too long cannot keep others back: each is put
 * off, and the rest are taken in the order in which they fell due.
 */
async function fetchWindow(
  deps: FetchDeps,
  endpoint: Endpoint.Endpoint,
  entries: DueDelivery[],
  { limit, leaseMs, startedAt }: Wanted & { startedAt: number },
): Promise<Message[]> {
  const { table } = deps
  let left = entries.toSorted((a, b) => (a.sk < b.sk ? -1 : 1))
  const messages: Message[] = []
  let bytes = 0
  let groups = 0
  const subjects = new Set<string>()
  while (left.length > 0 && messages.length < limit) {
    // The oldest may all be late again, but not those of a second group.
    if (groups++ >= 2 && table.now() - startedAt >= WORK_MS) break
    const group = left.slice(0, limit - messages.length)
    left = left.slice(group.length)
    const { candidates, isLate } = await withBodies(deps, endpoint, group)
    if (isLate) left.sort((a, b) => a.dueAt - b.dueAt)
    const fitting = onePerSubject(candidates, subjects).filter(
      (each, index) => (bytes += each.bytes) <= MAX_BYTES || messages.length + index === 0,
    )
    const leased = await Promise.all(
      fitting.map((each) => leaseOne(table, endpoint, each, leaseMs)),
    )
    messages.push(...leased.flatMap((each) => each ?? []))
    if (bytes > MAX_BYTES) break
  }
  return messages
}

/** Those of a group that can be returned. `isLate`: the transform of one of them was too slow. */
async function withBodies(
  deps: FetchDeps,
  endpoint: Endpoint.Endpoint,
  group: DueDelivery[],
): Promise<{ candidates: Candidate[]; isLate: boolean }> {
  const { tenant } = endpoint
  let isLate = false
  const { table } = deps
  const events = await Event.getMany(
    table,
    tenant,
    group.map(({ eventId }) => eventId),
  )
  const found = await Promise.all(
    group.map(async (entry) => {
      const event = events.get(entry.eventId)
      const end = await endOf(table, endpoint, event)
      if (!event || end) return settle(table, entry, end)
      const shaped = await shape(
        deps,
        { url: NOWHERE, transform: endpoint.transform ?? null },
        {
          event: { id: entry.eventId, body: bodyOf(tenant, event) },
          auth: undefined,
          realm: tenant,
        },
      )
      if (shaped.result === "late") {
        isLate = true
        await Pull.putOff(table, entry, table.now() + PUT_OFF_MS)
        return undefined
      }
      if (shaped.result !== "send") return settle(table, entry, endOfShaped(shaped))
      const { body } = shaped
      const headers = { ...shaped.headers, "content-type": shaped.contentType }
      const trace = traceIdOf(event.message)
      const sending = sendingOf(endpoint, event)
      return { sending, entry, body, headers, trace, bytes: Buffer.byteLength(body) }
    }),
  )
  return { candidates: found.flatMap((each) => each ?? []), isLate }
}

/**
 * One version of each record or call, the newest: a receiver would process the others after it. They are
 * superseded once it is acknowledged. `taken`: the subjects of this response, which are added to.
 */
function onePerSubject(candidates: Candidate[], taken: Set<string>): Candidate[] {
  const newest = new Map<string, Order.Sending>()
  for (const { sending } of candidates) {
    const other = sending && newest.get(sending.subject)
    if (sending && (!other || isNewer(sending, other))) newest.set(sending.subject, sending)
  }
  const kept = candidates.filter(
    ({ sending }) =>
      !sending || (newest.get(sending.subject) === sending && !taken.has(sending.subject)),
  )
  for (const subject of newest.keys()) taken.add(subject)
  return kept
}

const isNewer = (a: Order.Sending, b: Order.Sending): boolean =>
  a.isFinal === b.isFinal ? a.version > b.version : a.isFinal

async function settle(table: Table, entry: DueDelivery, end: Delivery.Change | undefined) {
  if (end) await Delivery.advance(table, factsOf(entry), entry.turn, end)
  return undefined
}

/** Undefined if the transform had no free slot: it may succeed on the next fetch. */
function endOfShaped(
  shaped: Exclude<Shaped, { result: "send" | "late" }>,
): Delivery.Change | undefined {
  if (shaped.result === "busy") return undefined
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
  if (!event) return EXPIRED
  if (event.erased) return ERASED
  const sending = sendingOf(endpoint, event)
  const by = sending && (await Order.findSuperseding(table, sending))
  return by === undefined ? undefined : { status: "discarded", reason: `superseded by ${by}` }
}

const factsOf = (entry: DueDelivery) => factsOfItem(entry)

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
    id: entry.eventId,
    timestampSeconds: Math.floor(now / 1000),
    body,
    secrets: Endpoint.openSecrets(table, endpoint, now),
  })
  const traceparent = formatTraceparent(trace, spanIdOf(lease))
  const headers = { ...shaped, ...signature, traceparent }
  return { deliveryId: Delivery.idOf(entry), headers, body, lease }
}
