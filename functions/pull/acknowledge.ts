import * as Delivery from "@ringback/store/delivery"
import type { Endpoint } from "@ringback/store/endpoint"
import * as Event from "@ringback/store/event"
import { parseDeliveryId } from "@ringback/store/item-keys"
import * as Order from "@ringback/store/order"
import * as Pull from "@ringback/store/pull"
import type { Table } from "@ringback/store/table"
import { sendingOf } from "./order.ts"

/**
 * Whether the receiver's ack is accepted: then the delivery is done. An invalid id or lease is
 * never an error.
 */
export async function acknowledge(
  table: Table,
  endpoint: Endpoint,
  { deliveryId, lease }: { deliveryId: string; lease: string },
): Promise<boolean> {
  const ref = parseDeliveryId(deliveryId)
  if (!ref) return false
  const ack = { endpointId: endpoint.id, ref, lease }
  // Before the delivery is done, so that no older version is handed out afterwards, even after a
  // crash in between.
  if (endpoint.order === "latest") await noteAccepted(table, endpoint, ack)
  return Pull.acknowledge(table, endpoint.tenant, ack)
}

async function noteAccepted(table: Table, endpoint: Endpoint, { ref, lease }: Pull.Ack) {
  const { tenant } = endpoint
  const delivery = await Delivery.get(table, tenant, ref, { consistent: true })
  const isHeld = delivery?.lease === lease && delivery.endpointId === endpoint.id
  if (!isHeld || delivery.status === "delivered" || delivery.status === "discarded") return
  const event = await Event.get(table, tenant, delivery.eventId, { consistent: true })
  const sending = event && sendingOf(endpoint, event)
  if (sending) await Order.accept(table, sending)
}
