import { SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs"

export type SqsSender = Pick<SQSClient, "send">

export type Outgoing = { body: string; groupId: string; delaySeconds?: number }

const MAX_ENTRIES = 10
const MAX_BYTES = 1024 * 1024
const OVERHEAD_BYTES = 512

// The SDK holds a request several times: as text, as bytes, and while it is hashed. One batch of
// large events for many endpoints must not fill the function's memory.
const MAX_BYTES_UNDER_WAY = 4 * 1024 * 1024

/** The maximum delay of SQS. Deliveries that are due later wait in the table. */
export const MAX_DELAY_SECONDS = 900

/**
 * Sends all messages, ten and 1 MiB per request, with concurrent requests. `messages` is read only
 * as far as requests can be made: whoever makes them one by one never holds all their bodies.
 * Returns the indexes of the messages that SQS did not accept. A request without a response counts
 * as not accepted.
 */
export async function sendAll(
  sqs: SqsSender,
  queueUrl: string,
  messages: Iterable<Outgoing>,
): Promise<Set<number>> {
  const failed = new Set<number>()
  const underWay = new Set<Promise<void>>()
  let bytesUnderWay = 0
  const send = async ({ first, entries, bytes }: Chunk) => {
    for (const at of await sendChunk(sqs, queueUrl, entries)) failed.add(first + at)
    bytesUnderWay -= bytes
  }
  for (const chunk of cut(messages)) {
    while (underWay.size > 0 && bytesUnderWay + chunk.bytes > MAX_BYTES_UNDER_WAY)
      await Promise.race(underWay)
    bytesUnderWay += chunk.bytes
    const sending = send(chunk).finally(() => underWay.delete(sending))
    underWay.add(sending)
  }
  await Promise.all(underWay)
  return failed
}

/** Sends one message, or throws. */
export async function sendOne(sqs: SqsSender, queueUrl: string, message: Outgoing): Promise<void> {
  const failed = await sendAll(sqs, queueUrl, [message])
  if (failed.size > 0) throw new Error("SQS did not accept the message")
}

/** The messages of one request. `first`: the index of the first one. */
type Chunk = { first: number; entries: Outgoing[]; bytes: number }

/** Each character of a body can take three bytes. An upper bound is sufficient here. */
function* cut(messages: Iterable<Outgoing>): Generator<Chunk> {
  let chunk: Chunk = { first: 0, entries: [], bytes: 0 }
  for (const message of messages) {
    const size = Buffer.byteLength(message.body) + OVERHEAD_BYTES
    const { first, entries, bytes } = chunk
    if (entries.length === MAX_ENTRIES || (entries.length > 0 && bytes + size > MAX_BYTES)) {
      yield chunk
      chunk = { first: first + entries.length, entries: [], bytes: 0 }
    }
    chunk.entries.push(message)
    chunk.bytes += size
  }
  if (chunk.entries.length > 0) yield chunk
}

/** Returns the places of the messages that were not accepted. */
async function sendChunk(
  sqs: SqsSender,
  queueUrl: string,
  entries: Outgoing[],
): Promise<Iterable<number>> {
  try {
    const answer = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: entries.map(({ body, groupId, delaySeconds }, index) => ({
          Id: String(index),
          MessageBody: body,
          // On a standard queue the group only determines fair sharing.
          MessageGroupId: groupId,
          ...(delaySeconds ? { DelaySeconds: Math.min(delaySeconds, MAX_DELAY_SECONDS) } : {}),
        })),
      }),
    )
    return (answer.Failed ?? []).map(({ Id }) => Number(Id))
  } catch {
    return entries.keys()
  }
}
