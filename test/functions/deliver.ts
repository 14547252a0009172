import type { SQSBatchResponse, SQSEvent } from "aws-lambda"
import { deliverHandler } from "@ringback/functions/deliver"
import { formatDelivery, type DeliveryMessage } from "@ringback/functions/messages/delivery"
import { makeContext } from "@ringback/local/lambda"
import * as Delivery from "@ringback/store/delivery"
import { answer, ok } from "../harness/receiver.ts"
import type { World } from "../harness/world.ts"

type Handed = { receiveCount?: number; deps?: World["deps"]; remainingMs?: () => number }

/** The function with those messages, as a queue would hand them over. */
export async function deliver(
  world: World,
  messages: DeliveryMessage[],
  { receiveCount = 1, deps = world.deps, remainingMs }: Handed = {},
): Promise<SQSBatchResponse> {
  const Records = messages.map((message, index) => ({
    messageId: String(index),
    receiptHandle: "",
    body: formatDelivery(message),
    attributes: { ApproximateReceiveCount: String(receiveCount) },
  }))
  const context = remainingMs ? { getRemainingTimeInMillis: remainingMs } : makeContext(60_000)
  return deliverHandler(deps)({ Records } as unknown as SQSEvent, context)
}

/** The message for a delivery as it is on record, for its first turn unless said. */
export function messageOf(
  world: World,
  delivery: Delivery.Delivery,
  rest: Partial<DeliveryMessage> = {},
): DeliveryMessage {
  const { endpointId, eventId, eventType } = delivery
  const { tenant } = world.customer
  const about = { tenant, deliveryId: Delivery.idOf(delivery), endpointId, eventId, eventType }
  return { v: 1 as const, ...about, turn: 0, madeAt: world.now(), ...rest }
}

/** A delivery that has failed once, and the message that was made for its first turn. */
export async function failedOnce(world: World, settings: Parameters<World["addEndpoint"]>[0] = {}) {
  const endpoint = await world.addEndpoint(settings)
  world.receiver.behave((_, response) => answer(response, 500))
  await world.say()
  await world.pump()
  world.receiver.behave(ok)
  const [delivery] = (await world.deliveries({ endpointId: endpoint.id })) as [Delivery.Delivery]
  return { endpoint, delivery, message: messageOf(world, delivery) }
}

export const reread = async (world: World, { endpointId }: Delivery.Delivery) =>
  (await world.deliveries({ endpointId }))[0]!
