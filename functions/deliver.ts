import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda"
import { handleBatch, receiveCountOf, type Verdict } from "./runtime/batch.ts"
import { deliverOne } from "./deliver/deliver-one.ts"
import type { DeliverDeps } from "./endpoint/cached-endpoint.ts"
import { parseDelivery, type DeliveryMessage } from "./messages/delivery.ts"
import { reasonOf } from "./runtime/log.ts"
import { resources } from "./resources.ts"
import { spanOfThrown } from "./deliver/attempt-spans.ts"
import { makeBatchResults } from "./deliver/batch-results.ts"
import { makeDeliveredLines } from "./deliver/delivered-lines.ts"
import { startEarlyDeletion } from "./deliver/early-deletion.ts"
import { poolSlots } from "./deliver/slots.ts"

// A POST takes 15 s at most, and its outcome has to be written after it.
const MIN_TIME_LEFT_MS = 20_000

/**
 * Reads the delivery and retry queues. The POSTs of a batch run concurrently, each followed at once
 * by the write of its outcome.
 */
export function deliverHandler(deps: DeliverDeps) {
  return async (
    event: SQSEvent,
    context: Pick<Context, "getRemainingTimeInMillis">,
  ): Promise<SQSBatchResponse> => {
    const results = makeBatchResults(deps)
    const delivered = makeDeliveredLines(deps.log)
    const step = { ...deps, results, delivered, takeSlot: poolSlots(deps.table) }
    const deletion = startEarlyDeletion(deps, async () => {
      delivered.flush()
      await results.flush()
    })
    const answer = await handleBatch(
      event,
      deps.log,
      async (record): Promise<Verdict> => {
        const message = parseDelivery(record.body)
        if (context.getRemainingTimeInMillis() < MIN_TIME_LEFT_MS) return "later"
        const taken = {
          message,
          isRepeat: receiveCountOf(record) > 1,
          hasTime: () => context.getRemainingTimeInMillis() >= MIN_TIME_LEFT_MS,
        }
        const verdict = await traced(deps, message, () => deliverOne(step, taken))
        if (verdict === "done") deletion.add(record)
        return verdict
      },
      idsIn,
    )
    delivered.flush()
    await Promise.all([results.flush(), deletion.close()])
    return answer
  }
}

/** The ids that connect a log line to the rest. None for a message that cannot be parsed. */
function idsIn({ body }: SQSRecord) {
  try {
    const { deliveryId, eventId, endpointId, trace: traceId } = parseDelivery(body)
    return { deliveryId, eventId, endpointId, traceId }
  } catch {
    return {}
  }
}

/** Errors that are thrown appear in the trace, too. */
async function traced<T>(deps: DeliverDeps, message: DeliveryMessage, work: () => Promise<T>) {
  const { tracing, table } = deps
  if (!tracing) return work()
  const from = table.now()
  try {
    return await work()
  } catch (error) {
    const { trace } = message
    // A message without a trace comes from the retry queue, and the failure before it was kept.
    if (trace) {
      const failure = { from, to: table.now(), reason: reasonOf(error) }
      tracing.add(spanOfThrown(message, trace, failure))
    }
    throw error
  }
}

export const handler = async (event: SQSEvent, context: Context) => {
  const deps = await resources()
  return deps.invocation(() => deliverHandler(deps)(event, context))
}
