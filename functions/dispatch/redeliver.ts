import { randomUUID } from "node:crypto"
import pMap from "p-map"
import * as Delivery from "@ringback/store/delivery"
import { factsOfEvent, factsOfItem, type DeliveryFacts } from "@ringback/store/delivery-facts"
import type { StoredEvent } from "@ringback/store/event"
import { deliveryId } from "@ringback/store/item-keys"
import { noteReplay } from "@ringback/store/replay"
import type { Table } from "@ringback/store/table"
import { messageFor, outgoing } from "../messages/delivery.ts"
import { plan } from "../messages/retry-transport.ts"
import { sendAll, type Outgoing, type SqsSender } from "../messages/send.ts"

export type RedeliverDeps = { table: Table; sqs: SqsSender; queues: { retryUrl: string } }

/**
 * Attempts a delivery now. Its schedule continues afterwards, from the start if it had ended.
 * Earlier messages of the delivery become void. False if something else was decided in the
 * meantime.
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

const REPLAYS_AT_ONCE = 10

/**
 * Sends an event again under the same event id, as a new delivery to each of these endpoints.
 * Returns the delivery ids.
 */
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
  const begin = async (facts: DeliveryFacts) => {
    // The note is written first: without it the event could not list the delivery.
    await noteReplay(table, facts)
    await makeDue(table, facts, 0, undefined)
  }
  await pMap(all, begin, { concurrency: REPLAYS_AT_ONCE })
  const messages = all.map((facts) => manualMessage(table, facts, 1))
  await sendAll(sqs, queues.retryUrl, messages)
  return all.map(({ ref }) => deliveryId(ref))
}

// If the message that follows is lost, `release` sends another one.
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
  return outgoing(messageFor(facts, marks))
}
