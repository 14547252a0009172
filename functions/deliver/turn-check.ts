import * as Delivery from "@ringback/store/delivery"
import { messageTimeOf } from "../messages/retry-plan.ts"
import type { StepDeps, Work } from "./work.ts"

// What is older may have been decided by another copy of the message meanwhile.
const TRUSTED_MS = 60_000

/** The work with its delivery as it is on record; undefined where the message is void: its turn is over. */
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
 * A message that comes again after its outcome was written: the function ended between the two, perhaps before it sent
 * the retry that is soon. Sent once more, it need not wait until `release` finds it; of two, the later is void.
 */
function sendRetryAgain(
  { table, results }: StepDeps,
  { message }: Work,
  delivery: Delivery.Delivery,
): void {
  const at = messageTimeOf(delivery, table.now())
  if (at !== undefined) results.retryAt({ ...message, turn: delivery.turn }, at)
}
