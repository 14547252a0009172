import { setImmediate } from "node:timers/promises"
import { isSlow } from "../endpoint/slow-share.ts"
import { formatDelivery } from "../messages/delivery.ts"
import { sendOne } from "../messages/send.ts"
import type { StepDeps, Work } from "./work.ts"

/**
 * Whether the message was moved: the first attempt at a slow endpoint goes through the retry queue,
 * so that it delays no other endpoint.
 */
export async function moveToSlowLane(
  { sqs, queues, table, slowness }: StepDeps,
  { message, receiver: { health } }: Work,
): Promise<boolean> {
  if (message.turn > 0 || message.moved || message.again) return false
  if (!isSlow(slowness, message.endpointId, health, table.now())) return false
  // The POSTs of the same batch start first.
  await setImmediate()
  const body = formatDelivery({ ...message, moved: true, again: true })
  await sendOne(sqs, queues.retryUrl, { body, groupId: message.endpointId })
  return true
}
