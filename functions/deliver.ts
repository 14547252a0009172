import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda"
import { handleBatch, receiveCountOf, type Verdict } from "./runtime/batch.ts"
import { deliverOne, type DeliverDeps } from "./deliver/deliver-one.ts"
import { parseDelivery } from "./messages/delivery.ts"
import { resources } from "./resources.ts"
import { roundOf } from "./deliver/batch-results.ts"
import { watchHeld } from "./deliver/held-messages.ts"

// A POST takes 15 s at most, and its outcome is to be written after it.
const MIN_TIME_LEFT_MS = 20_000

/** Delivery and retry queues: POSTs of a batch run side by side, each followed at once by the write of its outcome. */
export function deliverHandler(deps: DeliverDeps) {
  return async (
    event: SQSEvent,
    context: Pick<Context, "getRemainingTimeInMillis">,
  ): Promise<SQSBatchResponse> => {
    const round = roundOf(deps)
    const held = watchHeld(deps, round.flush)
    const answer = await handleBatch(event, deps.log, async (record): Promise<Verdict> => {
      const message = parseDelivery(record.body)
      if (context.getRemainingTimeInMillis() < MIN_TIME_LEFT_MS) return "later"
      const verdict = await deliverOne(deps, round, {
        message,
        isRepeat: receiveCountOf(record) > 1,
        hasTime: () => context.getRemainingTimeInMillis() >= MIN_TIME_LEFT_MS,
      })
      if (verdict === "done") held.add(record)
      return verdict
    })
    await Promise.all([round.flush(), held.close()])
    return answer
  }
}

export const handler = async (event: SQSEvent, context: Context) =>
  deliverHandler(await resources())(event, context)
