import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs"

export type SqsSender = Pick<SQSClient, "send">

export type Outgoing = { body: string; groupId: string; delaySeconds?: number }

const MAX_ENTRIES = 10
const MAX_BYTES = 1024 * 1024
const OVERHEAD_BYTES = 512

/** The maximum delay of SQS. Deliveries that are due later wait in the table. */
export const MAX_DELAY_SECONDS = 900

/**
 * Sends all messages, ten and 1 MiB per request, with concurrent requests. Returns the indexes of
 * the messages that SQS did not accept. A request without a response counts as not accepted.
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

/** Sends one message, or throws. */
export async function sendOne(sqs: SqsSender, queueUrl: string, message: Outgoing): Promise<void> {
  const failed = await sendAll(sqs, queueUrl, [message])
  if (failed.size > 0) throw new Error("SQS did not accept the message")
}

/** Each character of a body can take three bytes. An upper bound is sufficient here. */
function cut(messages: Outgoing[]): number[][] {
  const chunks: number[][] = []
  let bytes = Infinity
  messages.forEach(({ body }, index) => {
    const size = Buffer.byteLength(body) + OVERHEAD_BYTES
    const last = chunks.at(-1)
    if (!last || last.length === MAX_ENTRIES || bytes + size > MAX_BYTES) {
      chunks.push([index])
      bytes = size
    } else {
      last.push(index)
      bytes += size
    }
  })
  return chunks
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
            // On a standard queue the group only determines fair sharing.
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
