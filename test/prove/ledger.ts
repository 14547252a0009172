import * as Endpoints from "@ringback/store/endpoint"
import type { Endpoint } from "@ringback/store/endpoint"
import { idOf as eventIdOf, type StoredEvent } from "@ringback/store/event"
import { deliveryId, deliveryRef } from "@ringback/store/item-keys"
import type { EventKind } from "./events.ts"
import { readDeliveries, readEvents, readQueues, type KeptDelivery } from "./records.ts"
import { checkDelivery } from "./one-delivery.ts"
import { checkOrder } from "./order.ts"
import { groupReceipts, pairOf, type ReceiptGroups } from "./receipts.ts"
import { addTo, type Tally } from "./tally.ts"
import type { Made, Sent, World } from "./world.ts"

export type Ledger = {
  /** What was lost, repeated or left over: none in a system that keeps its word. */
  problems: string[]
  /** Deliveries of events to endpoints that wanted them, replays apart. */
  accepted: number
  byStatus: Tally
  operational: number
  attempts: number
  /** What a receiver took. */
  taken: number
  /** What it took more than once, although nobody had asked for that. */
  duplicates: number
  /** Those for which it had not only taken the webhook, but had said so each time. */
  needless: number
  /** Not sent because a newer version was accepted, at endpoints that ask for that. */
  superseded: number
}

// Endpoints are cached so long: an event within it of a change may see either state.
const CACHED_MS = 10_000

/** Compares what collectors sent, what is on record, and what receivers got. */
export async function balance(world: World): Promise<Ledger> {
  const events = await readEvents(world)
  const deliveries = await readDeliveries(world)
  const problems = [...world.problems, ...world.receipts.problems, ...(await readQueues(world))]
  const ledger: Ledger = {
    problems,
    accepted: 0,
    byStatus: {},
    operational: 0,
    attempts: 0,
    taken: 0,
    duplicates: 0,
    needless: 0,
    superseded: 0,
  }
  const planned = matchEvents(world.sent, events, problems)
  checkCalls(world, events, problems)
  ledger.operational = events.filter(({ source }) => source === null).length
  const receipts = groupReceipts(world.receipts.all)
  const originals = new Set<string>()
  for (const event of events) {
    for (const made of world.endpoints.filter(Boolean)) {
      const id = deliveryId(deliveryRef(eventIdOf(event), made.endpoint.id, event.receivedAt))
      const delivery = deliveries.get(id)
      originals.add(id)
      const wish = wishOf(made, event, planned.get(eventIdOf(event)))
      if (delivery && wish === "no") problems.push(`${id}: ${event.type} was not wanted`)
      if (!delivery && wish === "yes") problems.push(`LOST: ${event.type} for ${made.endpoint.id}`)
      if (!delivery) continue
      ledger.accepted++
      addTo(ledger.byStatus, delivery.status)
      checkDelivery(world, delivery, made, receipts, problems)
    }
  }
  checkReplays(world, deliveries, originals, receipts, problems)
  checkNotices(
    (await Endpoints.page(world.table, world.customer.tenant, { limit: 250 })).items,
    events,
    deliveries,
    originals,
    problems,
  )
  checkReceipts(world, receipts, deliveries, ledger)
  ledger.superseded = checkOrder(world, events, deliveries, problems)
  for (const { attempts } of deliveries.values()) ledger.attempts += attempts.length
  const total = Object.values(ledger.byStatus).reduce((sum, count) => sum + count, 0)
  if (total !== ledger.accepted)
    problems.push(`${ledger.accepted} accepted, ${total} accounted for`)
  if (ledger.byStatus["pending"])
    problems.push(`${ledger.byStatus["pending"]} are pending for ever`)
  if (world.plan.isCalm && ledger.needless > 0)
    problems.push(`${ledger.needless} duplicates although nothing failed`)
  return ledger
}

/** Each event sent is on record once; what else is on record is of our own making. */
function matchEvents(sent: Sent[], events: StoredEvent[], problems: string[]): Map<string, Sent> {
  const matched = new Map<string, Sent>()
  for (const each of sent) {
    if (each.messageIds.size === 0) continue
    const told = events.filter(({ message }) => each.messageIds.has(message))
    const found = told.filter((event) => !isOfCall(event))
    for (const event of told.filter(isOfCall)) matched.set(eventIdOf(event), each)
    if (found.length === 0) problems.push(`LOST: no event of ${each.planned.uuid}`)
    if (found.length > 1) problems.push(`${each.planned.uuid} became ${found.length} events`)
    for (const event of found) {
      matched.set(eventIdOf(event), each)
      if (event.type !== each.planned.kind) problems.push(`${event.type} was ${each.planned.kind}`)
    }
  }
  for (const event of events) {
    if (event.source !== null && !matched.has(eventIdOf(event)))
      problems.push(`${eventIdOf(event)} was sent by nobody`)
  }
  return matched
}

const isOfCall = ({ type }: StoredEvent) => type.startsWith("call.")

/** Each moment of a call is told once, and none is missing where somebody wanted it all along. */
function checkCalls(world: World, events: StoredEvent[], problems: string[]): void {
  const dialings = Map.groupBy(
    events.filter(({ type }) => type.startsWith("dialing.")),
    ({ uuid }) => uuid!,
  )
  const told = Map.groupBy(events.filter(isOfCall), ({ uuid }) => uuid!)
  for (const [uuid, all] of dialings) {
    const types = (told.get(uuid) ?? []).map(({ type }) => type)
    if (new Set(types).size < types.length) problems.push(`${uuid} was told twice: ${types.join()}`)
    const ended = all.some(({ type }) => type === "dialing.deleted")
    const due = ["call.started", ...(ended ? ["call.answered", "call.completed"] : [])]
    for (const type of due) {
      const isWanted = world.endpoints
        .filter(Boolean)
        .some((made) => all.every((event) => wishOf(made, { ...event, type }, undefined) === "yes"))
      if (isWanted && !types.includes(type)) problems.push(`LOST: ${type} of ${uuid}`)
    }
  }
  for (const uuid of told.keys())
    if (!dialings.has(uuid)) problems.push(`${uuid} is a call without a dialing`)
}

type Wish = "yes" | "no" | "either"

/** Whether the endpoint wanted the event when it was claimed, by a reading of its settings of our own. */
function wishOf(made: Made, event: StoredEvent, sent: Sent | undefined): Wish {
  const { eventTypes, statuses } = made.planned
  const [kind] = event.type.split(".")
  const isOfType =
    (eventTypes === null && !isOfCall(event)) ||
    eventTypes?.some((each) => each === "*" || each === event.type || each === `${kind}.*`)
  if (!isOfType || event.except === made.endpoint.id) return "no"
  // A call has no status, so no filter on one lets it pass.
  const status = sent && (isOfCall(event) ? undefined : statusOf(sent))
  if (sent && statuses && (status === undefined || !statuses.includes(status))) return "no"
  if (made.deletedAt !== undefined) return "either"
  return event.claimedAt < made.createdAt + CACHED_MS && made.planned.at > 0 ? "either" : "yes"
}

const WITHOUT_STATUS: EventKind[] = ["dlma.deleted"]
const statusOf = ({ planned }: Sent) =>
  WITHOUT_STATUS.includes(planned.kind) ? -1 : planned.status

/** What is on record beside the originals was asked for. */
function checkReplays(
  world: World,
  deliveries: Map<string, KeptDelivery>,
  originals: Set<string>,
  receipts: ReceiptGroups,
  problems: string[],
): void {
  const counts: Tally = {}
  for (const [id, delivery] of deliveries) {
    if (originals.has(id)) continue
    addTo(counts, pairOf(delivery.endpointId, delivery.eventId))
    const made = world.endpoints.find((each) => each?.endpoint.id === delivery.endpointId)
    if (made) checkDelivery(world, delivery, made, receipts, problems)
    if (delivery.status === "pending") problems.push(`the replay ${id} is pending for ever`)
  }
  for (const [pair, count] of Object.entries(counts)) {
    const asked = world.again.replays[pair.split("/")[1]!] ?? 0
    if (count > asked) problems.push(`${pair} was replayed ${count} times, asked for ${asked}`)
  }
}

/** An exhausted delivery is told of, and nothing is told twice. */
function checkNotices(
  endpoints: Endpoint[],
  events: StoredEvent[],
  deliveries: Map<string, KeptDelivery>,
  originals: Set<string>,
  problems: string[],
): void {
  const notices = events.filter(({ source }) => source === null)
  const said = new Set<string>()
  for (const { type, data = "" } of notices) {
    // One that was enabled again may well be found gone again.
    const isRepeatable = (JSON.parse(data) as { reason?: string }).reason === "gone"
    if (!isRepeatable && said.has(type + data)) problems.push(`told twice: ${type} ${data}`)
    said.add(type + data)
  }
  const exhausted = new Set(
    notices
      .filter(({ type }) => type === "delivery.exhausted")
      .map(({ data }) => (JSON.parse(data!) as { deliveryId: string }).deliveryId),
  )
  for (const [id, { status, eventType, reason }] of deliveries) {
    const isOperational = eventType === "delivery.exhausted" || eventType === "endpoint.disabled"
    if (status !== "failed" || reason !== undefined || isOperational || !originals.has(id)) continue
    if (!exhausted.has(id)) problems.push(`LOST: nobody was told that ${id} has failed`)
  }
  for (const id of exhausted) {
    if (!deliveries.has(id)) problems.push(`${id} is told of as exhausted, and is not there`)
  }
  const disabled = notices.filter(({ type }) => type === "endpoint.disabled")
  for (const { id, disabledReason } of endpoints) {
    if (disabledReason !== "gone" && disabledReason !== "failing") continue
    if (!disabled.some(({ except }) => except === id))
      problems.push(`LOST: nobody was told that ${id} is disabled`)
  }
}

/** What receivers got was meant for them, the same each time, and seldom more than once. */
function checkReceipts(
  { again }: World,
  receipts: ReceiptGroups,
  deliveries: Map<string, KeptDelivery>,
  ledger: Ledger,
): void {
  const asked: Tally = {}
  const known = new Set<string>()
  for (const [id, { endpointId, eventId }] of deliveries) {
    known.add(pairOf(endpointId, eventId))
    addTo(asked, pairOf(endpointId, eventId), 1 + (again.retries[id] ?? 0))
  }
  for (const [pair, group] of receipts) {
    if (!known.has(pair)) ledger.problems.push(`${pair} was sent and is not on record`)
    if (new Set(group.map(({ body }) => body)).size > 1)
      ledger.problems.push(`${pair} came with different bodies`)
    const taken = group.filter(({ isTaken }) => isTaken).length
    const answered = group.filter(({ isAnswered }) => isAnswered).length
    ledger.taken += taken
    ledger.duplicates += Math.max(0, taken - (asked[pair] ?? 0))
    ledger.needless += Math.max(0, answered - (asked[pair] ?? 0))
  }
}
