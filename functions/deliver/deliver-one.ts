import type { Verdict } from "../runtime/batch.ts"
import { cachedReceiver } from "../endpoint/cached-endpoint.ts"
import { factsOf } from "../messages/delivery.ts"
import { admit } from "./admission.ts"
import { attempt } from "./attempt.ts"
import { stopUnavailable } from "./availability-check.ts"
import { leaveForFetching } from "./pull-check.ts"
import { moveToSlowLane } from "./slow-lane.ts"
import { checkTurn } from "./turn-check.ts"
import type { StepDeps, Taken } from "./work.ts"

/**
 * Attempts one delivery, or finds why it cannot be attempted. Each step before the attempt either ends the work for
 * this message, or passes it on with the data that it has read:
 *
 * 1. slow-lane.ts: the first attempts at a slow endpoint go through the retry queue
 * 2. turn-check.ts: a message for a turn that is over is void
 * 3. availability-check.ts: a disabled endpoint's delivery is held, a deleted one's is discarded
 * 4. pull-check.ts: the delivery of a pull endpoint waits to be fetched
 * 5. admission.ts: the delivery waits while the breaker is open, after a Retry-After, or for a slot of the rate limit or
 *    of a slow endpoint's share
 *
 * If the endpoint has an order, the attempt waits for its turn: order.ts
 */
export async function deliverOne(deps: StepDeps, taken: Taken): Promise<Verdict> {
  const { message } = taken
  const receiver = await cachedReceiver(deps, message.tenant, message.endpointId)
  const work = { ...taken, facts: factsOf(message), receiver, delivery: undefined }
  if (await moveToSlowLane(deps, work)) return "done"
  const current = await checkTurn(deps, work)
  if (!current) return "done"
  const checked = await stopUnavailable(deps, current)
  const ready = checked && (await leaveForFetching(deps, checked))
  if (!ready) return "done"
  if (!(await admit(deps, ready))) return "done"
  if (!taken.hasTime()) return "later"
  return attempt(deps, ready)
}
