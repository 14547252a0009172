import { SLOW_FOR_MS } from "../endpoint/slow-endpoints.ts"
import { formatDelivery } from "../messages/delivery.ts"
import { sendOne } from "../messages/send.ts"
import type { StepDeps, Work } from "./work.ts"

/** Whether the message went on: a first attempt at an endpoint that is slow goes by the retry queue, and delays nobody. */
export async function moveAside(
  { sqs, queues, table, slowness }: StepDeps,
  { message, receiver: { health } }: Work,
): Promise<boolean> {
  if (message.turn > 0 || message.moved || message.again) return false
  const wasSlow = table.now() - (health.slowAt ?? -Infinity) < SLOW_FOR_MS
  if (!wasSlow && !slowness.isSlow(message.endpointId)) return false
  const body = formatDelivery({ ...message, moved: true, again: true })
  await sendOne(sqs, queues.retryUrl, { body, groupId: message.endpointId })
  return true
}
