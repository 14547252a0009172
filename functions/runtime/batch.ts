import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda"
import { reasonOf, type Log } from "./log.ts"

/** `done`: the message may leave its queue. `later`: it stays, and comes again. */
export type Verdict = "done" | "later"

/**
 * Handles a batch's records side by side. What throws, or says `later`, stays in the queue; the rest leaves it. `about`: the
 * ids by which the log names a record that threw.
 */
export async function handleBatch(
  event: SQSEvent,
  log: Log,
  handle: (record: SQSRecord) => Promise<Verdict>,
  about: (record: SQSRecord) => Record<string, unknown> = () => ({}),
): Promise<SQSBatchResponse> {
  const verdicts = await Promise.all(
    event.Records.map(async (record) => {
      try {
        return await handle(record)
      } catch (error) {
        const { messageId } = record
        log("message.failed", { messageId, ...about(record), reason: reasonOf(error) })
        return "later"
      }
    }),
  )
  return keepInQueue(event, (index) => verdicts[index] === "later")
}

/** The answer to SQS: those records stay in their queue, the rest leaves it. */
export function keepInQueue(
  { Records }: SQSEvent,
  isKept: (index: number) => boolean,
): SQSBatchResponse {
  const kept = Records.filter((_, index) => isKept(index))
  return { batchItemFailures: kept.map(({ messageId }) => ({ itemIdentifier: messageId })) }
}

/** The queue's name. */
export const queueOf = ({ eventSourceARN }: SQSRecord) => eventSourceARN.split(":").at(-1)

/** How long it had been in the queue. */
export const queuedMs = ({ attributes }: SQSRecord, now: number) =>
  Math.max(0, now - Number(attributes.SentTimestamp))

/** How often the queue has handed this record out, this time included. */
export const receiveCountOf = (record: SQSRecord) =>
  Number(record.attributes.ApproximateReceiveCount)
