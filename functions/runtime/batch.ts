import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda"
import { reasonOf, type Log } from "./log.ts"

/** `done`: the message can be deleted. `later`: it stays in the queue and is received again. */
export type Verdict = "done" | "later"

/**
 * Handles a batch's records concurrently. A record whose handler throws or returns `later` stays in
 * the queue. The others are deleted. `about`: the ids that identify a failed record in the log.
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

/** The response to SQS: these records stay in their queue, the others are deleted. */
export function keepInQueue(
  { Records }: SQSEvent,
  isKept: (index: number) => boolean,
): SQSBatchResponse {
  const kept = Records.filter((_, index) => isKept(index))
  return { batchItemFailures: kept.map(({ messageId }) => ({ itemIdentifier: messageId })) }
}

/** The queue's name. */
export const queueOf = ({ eventSourceARN }: SQSRecord) => eventSourceARN.split(":").at(-1)

/** How long the record had been in the queue. */
export const queuedMs = ({ attributes }: SQSRecord, now: number) =>
  Math.max(0, now - Number(attributes.SentTimestamp))

/** When the queue received the record; `now` if it does not say, or says a later time. */
export const sentAtOf = ({ attributes }: SQSRecord, now: number) =>
  Math.min(Number(attributes.SentTimestamp) || now, now)

/** How often the queue has delivered this record, including this time. */
export const receiveCountOf = (record: SQSRecord) =>
  Number(record.attributes.ApproximateReceiveCount)
