import { randomUUID } from "node:crypto"
import * as Delivery from "@ringback/store/delivery"
import { factsOfEvent, factsOfItem, type DeliveryFacts } from "@ringback/store/delivery-facts"
import type { StoredEvent } from "@ringback/store/event"
import { deliveryId } from "@ringback/store/keys"
import { noteReplay } from "@ringback/store/replay"
import type { Table } from "@ringback/store/table"
import { formatDelivery, messageFor } from "../messages/delivery.ts"
import { plan } from "../messages/retry-plan.ts"
import { sendAll, type Outgoing, type SqsSender } from "../messages/send.ts"

export type RedeliverDeps = { table: Table; sqs: SqsSender; queues: { retryUrl: string } }

/**
 * Attempts a delivery now; then its schedule goes on, from the start where it had ended. What was sent for it before
 * is void. False where something else was decided meanwhile.
 */
export async function retryNow(
  { table, sqs, queues }: RedeliverDeps,
  delivery: Delivery.Delivery,
): Promise<boolean> {
  const facts = factsOfItem(delivery)
  const restarts = delivery.status === "pending" ? undefined : { job: null }
  if (!(await makeDue(table, facts, delivery.turn, restarts))) return false
  await sendAll(sqs, queues.retryUrl, [manualMessage(table, facts, delivery.turn + 1)])
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
  const id = randomUUID()
  const all = endpointIds.map((endpointId) =>
    factsOfEvent(tenant, event, endpointId, { id, at: table.now() }),
  )
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
  const messages = all.map((facts) => manualMessage(table, facts, 1))
  await sendAll(sqs, queues.retryUrl, messages)
  return all.map(({ ref }) => deliveryId(ref))
}

// Should the message that follows be lost, `release` sends another.
async function makeDue(
  table: Table,
  facts: DeliveryFacts,
  turn: number,
  restarts: Delivery.Change["restarts"],
): Promise<boolean> {
  const now = table.now()
  const { due } = plan(now, now)
  const change = { status: "pending" as const, due, restarts }
  return (await Delivery.advance(table, facts, turn, change)) === "won"
}

function manualMessage(table: Table, facts: DeliveryFacts, turn: number): Outgoing {
  const marks = { turn, madeAt: table.now(), again: true, manual: true }
  return { body: formatDelivery(messageFor(facts, marks)), groupId: facts.endpointId }
}
