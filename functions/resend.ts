import { randomBytes } from "node:crypto"
import { encodeBase32 } from "@ringback/events/ids"
import * as Delivery from "@ringback/store/delivery"
import { idOf, type StoredEvent } from "@ringback/store/event"
import { deliveryId, deliveryRef } from "@ringback/store/keys"
import { noteReplay } from "@ringback/store/replay"
import type { Table } from "@ringback/store/table"
import { formatDelivery } from "./delivery-message.ts"
import { RELEASED_AGAIN_MS } from "./due-message.ts"
import { sendAll, type SqsSender } from "./send.ts"

export type ResendDeps = {
  table: Table
  sqs: SqsSender
  queues: { retryUrl: string }
}

/**
 * Attempts a delivery now; then its schedule goes on, from the start where it had ended. What was sent for it before
 * is void. False where something else was decided meanwhile.
 */
export async function retryDelivery(
  deps: ResendDeps,
  tenant: string,
  delivery: Delivery.Delivery,
): Promise<boolean> {
  const { endpointId, eventId, eventType, turn } = delivery
  const facts = { tenant, ref: Delivery.refOf(delivery), endpointId, eventId, eventType }
  const restarts = delivery.status === "pending" ? undefined : { job: null }
  const change = { status: "pending" as const, due: dueNow(deps.table), restarts }
  if ((await Delivery.advance(deps.table, facts, turn, change)) === "lost") return false
  await sendNow(deps, facts, turn + 1)
  return true
}

/** Sends an event again under the same event id, as a delivery of its own; its id. */
export async function replayEvent(
  deps: ResendDeps,
  tenant: string,
  event: StoredEvent,
  endpointId: string,
): Promise<string> {
  const eventId = idOf(event)
  const replay = encodeBase32(randomBytes(10))
  const ref = deliveryRef(eventId, endpointId, deps.table.now(), replay)
  const facts = { tenant, ref, endpointId, eventId, eventType: event.type }
  await noteReplay(deps.table, tenant, eventId, deliveryId(ref))
  const change = { status: "pending" as const, keepsTurn: true, due: dueNow(deps.table) }
  await Delivery.advance(deps.table, facts, 0, change)
  await sendNow(deps, facts, 0)
  return deliveryId(ref)
}

/** Due under its net at once: should the message not be sent, `release` sends another. */
const dueNow = (table: Table) => ({ at: table.now() + RELEASED_AGAIN_MS, nextAt: table.now() })

async function sendNow(deps: ResendDeps, facts: Delivery.DeliveryFacts, turn: number) {
  const { ref, ...rest } = facts
  const body = formatDelivery({
    v: 1,
    ...rest,
    deliveryId: deliveryId(ref),
    turn,
    madeAt: deps.table.now(),
    again: true,
    manual: true,
  })
  await sendAll(deps.sqs, deps.queues.retryUrl, [{ body, groupId: facts.endpointId }])
}
