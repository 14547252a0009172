import * as Delivery from "@ringback/store/delivery"
import { factsOfEvent } from "@ringback/store/delivery-facts"
import * as Event from "@ringback/store/event"
import { deliveryId, hashOf } from "@ringback/store/item-keys"
import type { Table } from "@ringback/store/table"
import { START } from "./table.ts"

const NANOS = 1_000_000n

export const attemptOf = (error: string | null = null): Delivery.Attempt => ({
  id: crypto.randomUUID(),
  at: START,
  statusCode: 200,
  durationMs: 5,
  error,
  responseBody: null,
})

/** Events and deliveries of the tenant that a test has. */
export function logOf(world: { table: Table; tenant: string }) {
  async function makeEvent(at: number, some: Partial<Event.Claim> = {}) {
    const { event } = await Event.claim(world.table, {
      tenant: world.tenant,
      timeNanos: BigInt(at) * NANOS,
      hash: hashOf(crypto.randomUUID()),
      type: "plan.updated",
      source: "src_a",
      uuid: "u",
      message: "m",
      receivedAt: at,
      content: { headers: "[]" },
      ...some,
    })
    return event!
  }
  async function makeDelivery(
    event: Event.StoredEvent,
    endpointId = "ep_1",
    status: Delivery.DeliveryStatus = "delivered",
    attempts = 1,
  ) {
    const facts = factsOfEvent(world.tenant, event, endpointId)
    for (let turn = 0; turn < attempts; turn++)
      await Delivery.advance(world.table, facts, turn, { status, attempt: attemptOf() })
    return deliveryId(facts.ref)
  }

  return { makeEvent, makeDelivery, attemptOf }
}
