import type { Health } from "@ringback/store/health"
import { setImmediate } from "node:timers/promises"
import { isSlow } from "../endpoint/slow-share.ts"
import { MAX_WAIT_MS } from "./slots.ts"
import { outgoing } from "../messages/delivery.ts"
import { sendOne } from "../messages/send.ts"
import type { StepDeps, Work } from "./work.ts"

/** Whether the message is in the queue of first attempts, where a slow endpoint gets none. */
export const isTooSlow = (
  { table, slowness }: Pick<StepDeps, "table" | "slowness">,
  { message, receiver: { health } }: Work,
): boolean =>
  message.turn === 0 &&
  !message.moved &&
  !message.again &&
  isSlow(slowness, message.endpointId, health, table.now())

/** Whether the endpoint's next slot is one to wait for, as far as this worker knows. */
export const mustWait = ({ nextFree = 0 }: Pick<Health, "nextFree">, now: number): boolean =>
  nextFree - now > MAX_WAIT_MS

/**
 * Whether the message was moved: the first attempt at a slow endpoint goes through the retry queue,
 * so that it delays no other endpoint. Not moved is what will wait for a slot: otherwise, the messages of a
 * tenant whose slow endpoints get many events would take as much of the retry queue again.
 */
export async function moveToSlowLane(deps: StepDeps, work: Work): Promise<boolean> {
  const { sqs, queues, table } = deps
  const { message, receiver } = work
  if (!isTooSlow(deps, work)) return false
  if (mustWait(receiver.health, table.now())) return false
  // The POSTs of the same batch start first.
  await setImmediate()
  await sendOne(sqs, queues.retryUrl, outgoing({ ...message, moved: true, again: true }))
  return true
}
