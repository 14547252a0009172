import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type Message,
} from "@aws-sdk/client-sqs"
import type { SqsSender } from "./send.ts"

const MAX_BATCH = 10
// As long as a request can take: other readers do not see the messages during this time.
const HIDDEN_SECONDS = 30
// A receive may query only some of SQS's servers and find nothing there.
const EMPTY_RECEIVES = 3

/**
 * The approximate number of messages in a queue, as counted by SQS. Includes messages that are in
 * flight.
 */
export async function countOf(sqs: SqsSender, queueUrl: string): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    }),
  )
  const { ApproximateNumberOfMessages = 0, ApproximateNumberOfMessagesNotVisible = 0 } =
    Attributes ?? {}
  return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible)
}

/** Some of the messages of a queue that no function reads. All of them stay in the queue. */
export async function peek(sqs: SqsSender, queueUrl: string, limit: number): Promise<Message[]> {
  const found: Message[] = []
  try {
    for (let empty = 0; found.length < limit && empty < EMPTY_RECEIVES;) {
      const some = await receive(sqs, queueUrl, Math.min(MAX_BATCH, limit - found.length))
      if (some.length === 0) empty++
      found.push(...some)
    }
  } finally {
    await showAgain(sqs, queueUrl, found)
  }
  return found
}

/**
 * Moves messages from one queue to another, at most `limit`, while there is time. Returns how many.
 */
export async function move(
  sqs: SqsSender,
  { from, to, limit, hasTime }: { from: string; to: string; limit: number; hasTime: () => boolean },
): Promise<number> {
  let moved = 0
  for (let empty = 0; moved < limit && empty < EMPTY_RECEIVES && hasTime();) {
    const some = await receive(sqs, from, Math.min(MAX_BATCH, limit - moved))
    if (some.length === 0) empty++
    else {
      const sent = await send(sqs, to, some)
      moved += sent.length
      // Sent before the original is deleted: a crash in between creates a duplicate, which is
      // recognised.
      if (sent.length > 0) await remove(sqs, from, sent)
      if (sent.length < some.length) break
    }
  }
  return moved
}

async function receive(sqs: SqsSender, queueUrl: string, limit: number): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: limit,
      VisibilityTimeout: HIDDEN_SECONDS,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    }),
  )
  return Messages
}

const chunks = (messages: Message[]): Message[][] =>
  Array.from({ length: Math.ceil(messages.length / MAX_BATCH) }, (_, index) =>
    messages.slice(index * MAX_BATCH, (index + 1) * MAX_BATCH),
  )

const entryOf = ({ ReceiptHandle }: Message, index: number) => ({ Id: `${index}`, ReceiptHandle })

async function showAgain(sqs: SqsSender, queueUrl: string, messages: Message[]): Promise<void> {
  await Promise.all(
    chunks(messages).map((some) => {
      const Entries = some.map((message, index) => ({
        ...entryOf(message, index),
        // Not 0 seconds: embedded engines treat 0 differently.
        VisibilityTimeout: 1,
      }))
      return sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
    }),
  )
}

/** The messages that SQS accepted. */
async function send(sqs: SqsSender, queueUrl: string, messages: Message[]): Promise<Message[]> {
  const taken: Message[] = []
  // One per request if bodies are large: a batch can have up to 1 MiB.
  const isLarge = messages.reduce((sum, { Body = "" }) => sum + Body.length, 0) > MAX_BATCH_LENGTH
  for (const some of isLarge ? messages.map((message) => [message]) : [messages]) {
    const Entries = some.map(({ Body, MessageAttributes, Attributes }, index) => ({
      Id: `${index}`,
      MessageBody: Body,
      MessageAttributes,
      ...(Attributes?.MessageGroupId && { MessageGroupId: Attributes.MessageGroupId }),
    }))
    const { Successful = [] } = await sqs.send(
      new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
    )
    taken.push(...Successful.flatMap(({ Id }) => some[Number(Id)] ?? []))
  }
  return taken
}

// The length in UTF-16. A character can take three bytes.
const MAX_BATCH_LENGTH = 300_000

async function remove(sqs: SqsSender, queueUrl: string, messages: Message[]): Promise<void> {
  const Entries = messages.map(entryOf)
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
}
