import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs"

export type SqsSender = Pick<SQSClient, "send">

export type Outgoing = { body: string; groupId: string; delaySeconds?: number }

// SQS takes ten messages and 1 MiB a request. Ten of ours stay below that: none is larger than 64 KB, see formatDelivery.
const MAX_ENTRIES = 10

/** SQS refuses more; what is due later waits in the table. */
export const MAX_DELAY_SECONDS = 900

/**
 * Sends all, ten to a request, requests side by side. The indexes of what SQS did not take; an answer that
 * never came counts so too.
 */
export async function sendAll(
  sqs: SqsSender,
  queueUrl: string,
  messages: Outgoing[],
): Promise<Set<number>> {
  const failed = new Set<number>()
  await Promise.all(
    cut(messages).map(async (chunk) => {
      for (const index of await sendChunk(sqs, queueUrl, messages, chunk)) failed.add(index)
    }),
  )
  return failed
}

/** Sends one, or throws. */
export async function sendOne(sqs: SqsSender, queueUrl: string, message: Outgoing): Promise<void> {
  const failed = await sendAll(sqs, queueUrl, [message])
  if (failed.size > 0) throw new Error("SQS did not take the message")
}

function cut(messages: Outgoing[]): number[][] {
  const indexes = messages.map((_, index) => index)
  return Array.from({ length: Math.ceil(messages.length / MAX_ENTRIES) }, (_, chunk) =>
    indexes.slice(chunk * MAX_ENTRIES, (chunk + 1) * MAX_ENTRIES),
  )
}

async function sendChunk(
  sqs: SqsSender,
  queueUrl: string,
  messages: Outgoing[],
  chunk: number[],
): Promise<number[]> {
  try {
    const answer = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: chunk.map((index) => {
          const { body, groupId, delaySeconds } = messages[index]!
          return {
            Id: String(index),
            MessageBody: body,
            // On a standard queue the group only says who shares fairly with whom.
            MessageGroupId: groupId,
            ...(delaySeconds ? { DelaySeconds: Math.min(delaySeconds, MAX_DELAY_SECONDS) } : {}),
          }
        }),
      }),
    )
    return (answer.Failed ?? []).map(({ Id }) => Number(Id))
  } catch {
    return chunk
  }
}
