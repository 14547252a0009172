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
// As long as a request may take: whoever else looks meanwhile does not see them.
const HIDDEN_SECONDS = 30
// A receive may look at some of SQS's servers alone and find nothing there.
const EMPTY_RECEIVES = 3

/** How many messages wait in a queue, as SQS counts: about. Those that somebody has received count too. */
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

/** Some of the messages of a queue that no function reads; all of them stay in it. */
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

/** Sends the messages of one queue to another, at most `limit` of them, while there is time. How many went over. */
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
      // Sent first: a crash between the two makes a second message, which is recognised as one.
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
        // Not at once: embedded engines take 0 for something else.
        VisibilityTimeout: 1,
      }))
      return sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
    }),
  )
}

/** Those that SQS took. */
async function send(sqs: SqsSender, queueUrl: string, messages: Message[]): Promise<Message[]> {
  const taken: Message[] = []
  // One to a request where bodies are large: a batch may have 1 MiB.
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

// In UTF-16; a character may take three bytes.
const MAX_BATCH_LENGTH = 300_000

async function remove(sqs: SqsSender, queueUrl: string, messages: Message[]): Promise<void> {
  const Entries = messages.map(entryOf)
  await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
}
