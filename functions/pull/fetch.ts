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
import { sendingOf } from "./order.ts"

/** A webhook as it is handed to a receiver that fetches. */
export type Message = {
  deliveryId: string
  headers: Record<string, string>
  body: string
  lease: string
}

export type Wanted = { limit: number; leaseMs: number }

// Of what waits so much is looked at: whoever has an expired lease stands behind what is younger, and comes first again.
const WINDOW = 100
// A function's answer may have 6 MB; in JSON a body is somewhat longer.
const MAX_BYTES = 4 * 1024 * 1024

type Candidate = { entry: DueEntry; body: string; trace: string; bytes: number }

/** What waits for a pull endpoint, the oldest first, each leased to the caller alone. Empty: one read. */
export async function fetchMessages(
  table: Table,
  endpoint: Endpoint.Endpoint,
  { limit, leaseMs }: Wanted,
): Promise<Message[]> {
  const { entries } = await listDue(table, Pull.pullShard(endpoint.id), table.now(), WINDOW)
  const oldest = entries.toSorted((a, b) => (a.sk < b.sk ? -1 : 1))
  const messages: Message[] = []
  let bytes = 0
  for (let start = 0; start < oldest.length && messages.length < limit;) {
    const group = oldest.slice(start, start + limit - messages.length)
    start += group.length
    const candidates = await withBodies(table, endpoint, group)
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
  table: Table,
  endpoint: Endpoint.Endpoint,
  group: DueEntry[],
): Promise<Candidate[]> {
  const { tenant } = endpoint
  const events = await Event.getMany(
    table,
    tenant,
    group.map(({ eventId }) => eventId!),
  )
  const found = await Promise.all(
    group.map(async (entry) => {
      const event = events.get(entry.eventId!)
      const end = await endOf(table, endpoint, event)
      if (event && !end) {
        const body = bodyOf(tenant, event)
        return { entry, body, trace: traceIdOf(event.message), bytes: Buffer.byteLength(body) }
      }
      if (end) await Delivery.advance(table, factsOf(entry), entry.turn!, end)
      return undefined
    }),
  )
  return found.flatMap((each) => each ?? [])
}

/** What becomes of a delivery that nobody is given any more. */
async function endOf(
  table: Table,
  endpoint: Endpoint.Endpoint,
  event: Event.StoredEvent | undefined,
): Promise<Delivery.Change | undefined> {
  if (!event) return { status: "failed", reason: "the event has expired" }
  if (event.erased) return ERASED
  const sending = sendingOf(endpoint, event)
  const by = sending && (await Order.look(table, sending))
  return by === undefined ? undefined : { status: "discarded", reason: `superseded by ${by}` }
}

const factsOf = (entry: DueEntry) =>
  factsOfItem({ ...entry, eventId: entry.eventId!, eventType: entry.eventType! })

/** Undefined where somebody else was faster. */
async function leaseOne(
  table: Table,
  endpoint: Endpoint.Endpoint,
  { entry, body, trace }: Candidate,
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
  const headers = { "content-type": "application/json", ...signature, traceparent }
  return { deliveryId: Delivery.idOf(entry), headers, body, lease }
}
