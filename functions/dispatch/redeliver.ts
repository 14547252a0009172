import { randomUUID } from "node:crypto"
import * as Delivery from "@ringback/store/delivery"
import { idOf, type StoredEvent } from "@ringback/store/event"
import { deliveryId, deliveryRef } from "@ringback/store/keys"
import { noteReplay } from "@ringback/store/replay"
import type { Table } from "@ringback/store/table"
import { formatDelivery } from "../messages/delivery.ts"
import { RELEASED_AGAIN_MS } from "../messages/due-message.ts"
import { sendAll, type Outgoing, type SqsSender } from "../messages/send.ts"

export type RedeliverDeps = { table: Table; sqs: SqsSender; queues: { retryUrl: string } }

/**
 * Attempts a delivery now; then its schedule goes on, from the start where it had ended. What was sent for it before
 * is void. False where something else was decided meanwhile.
 */
export async function retryNow(
  deps: RedeliverDeps,
  tenant: string,
  delivery: Delivery.Delivery,
): Promise<boolean> {
  const { endpointId, eventId, eventType, turn, status } = delivery
  const facts = { tenant, ref: Delivery.refOf(delivery), endpointId, eventId, eventType }
  const restarts = status === "pending" ? undefined : { job: null }
  if (!(await makeDue(deps.table, facts, turn, restarts))) return false
  await sendAll(deps.sqs, deps.queues.retryUrl, [messageFor(deps.table, facts, turn + 1)])
  return true
}

const SIDE_BY_SIDE = 25

/** Sends an event again under the same event id, as a delivery of its own to each of those endpoints; their ids. */
export async function replay(
  { table, sqs, queues }: RedeliverDeps,
  tenant: string,
  event: StoredEvent,
  endpointIds: string[],
): Promise<string[]> {
  const eventId = idOf(event)
  const replayId = randomUUID()
  const all = endpointIds.map((endpointId) => ({
    tenant,
    ref: deliveryRef(eventId, endpointId, table.now(), replayId),
    endpointId,
    eventId,
    eventType: event.type,
  }))
  for (let start = 0; start < all.length; start += SIDE_BY_SIDE) {
    const group = all.slice(start, start + SIDE_BY_SIDE)
    await Promise.all(
      group.map(async (facts) => {
        // The note first: without it the event could not list the delivery.
        await noteReplay(table, facts)
        await makeDue(table, facts, 0, undefined)
      }),
    )
  }
  const messages = all.map((facts) => messageFor(table, facts, 1))
  await sendAll(sqs, queues.retryUrl, messages)
  return all.map(({ ref }) => deliveryId(ref))
}

// Under the message that follows there is a net: should it not be sent, `release` sends another.
async function makeDue(
  table: Table,
  facts: Delivery.DeliveryFacts,
  turn: number,
  restarts: Delivery.Change["restarts"],
): Promise<boolean> {
  const now = table.now()
  const due = { at: now + RELEASED_AGAIN_MS, nextAt: now }
  return (
    (await Delivery.advance(table, facts, turn, { status: "pending", due, restarts })) === "won"
  )
}

function messageFor(table: Table, facts: Delivery.DeliveryFacts, turn: number): Outgoing {
  const { ref, ...about } = facts
  const id = deliveryId(ref)
  const marks = { v: 1 as const, turn, madeAt: table.now(), again: true, manual: true }
  return { body: formatDelivery({ ...about, ...marks, deliveryId: id }), groupId: about.endpointId }
}
