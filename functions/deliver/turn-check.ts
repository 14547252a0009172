import * as Delivery from "@ringback/store/delivery"
import { messageTimeOf } from "../messages/retry-transport.ts"
import type { StepDeps, Work } from "./work.ts"

// If the message is older than this, another copy of it may have been processed in the meantime, and
// its event may have been erased.
export const TRUSTED_MS = 60_000
// Longer than most attempts take, and still within the time of its slot.
const AFTER_ITS_ATTEMPT_MS = 2_000

/** The work with its stored delivery. Undefined if the message is void because its turn is over. */
export async function checkTurn(deps: StepDeps, work: Work): Promise<Work | undefined> {
  const { message, isRepeat, facts } = work
  const { turn } = message
  const isOld = deps.table.now() - message.madeAt > TRUSTED_MS
  if (turn === 0 && !isRepeat && !message.again && !isOld) return work
  const delivery = await Delivery.get(deps.table, facts.tenant, facts.ref, { consistent: true })
  if (delivery ? delivery.turn === turn : turn === 0) return { ...work, delivery }
  deps.log("delivery.void", { deliveryId: message.deliveryId, turn, now: delivery?.turn ?? null })
  if (isRepeat && delivery?.turn === turn + 1) sendRetryAgain(deps, work, delivery)
  return undefined
}

/**
 * Handles a message that is received again after its outcome was written: the function ended in
 * between, perhaps before it sent a retry that is due soon. The retry is sent once more, so that it
 * need not wait for `release`. If there are two, this is the later one, and void.
 */
function sendRetryAgain(
  { table, results }: StepDeps,
  { message }: Work,
  delivery: Delivery.Delivery,
): void {
  const at = messageTimeOf(delivery, table.now())
  if (at !== undefined)
    results.retryAt({ ...message, turn: delivery.turn }, at + AFTER_ITS_ATTEMPT_MS)
}
