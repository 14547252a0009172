import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  type SQSClient,
} from "@aws-sdk/client-sqs"

export type PolledQueue = {
  sqs: SQSClient
  queueUrl: string
  /** Called with an error of a handler, an exceeded time limit, or an unreachable queue. */
  onError?: ((error: unknown) => void) | undefined
  /** How long a received message that is not deleted stays hidden. */
  holdSeconds?: number | undefined
}

// Much less than the queue's own visibility timeout, and extended while a handler runs: messages in
// flight at a SIGKILL are received again within ten seconds, not after six times the function's
// timeout.
export const heldSeconds = 9

/** Keeps messages hidden until the returned timer is cleared. */
export function holdMessages({ sqs, queueUrl, ...options }: PolledQueue, messages: Message[]) {
  const VisibilityTimeout = options.holdSeconds ?? heldSeconds
  const prolong = async () => {
    for (const Entries of batches(messages, (entry) => ({ ...entry, VisibilityTimeout }))) {
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
    }
  }
  return setInterval(
    () => void prolong().catch((error: unknown) => options.onError?.(error)),
    (VisibilityTimeout * 1000) / 3,
  )
}

// After a short outage a failed message is received again soon.
const SOON_RECEIVES = 10
// It stays hidden over a restart, and what is in flight must go on within a minute of one.
const MAX_FACTOR = 5

/**
 * How long a message that failed is hidden, in seconds: after ten receives twice as long each time,
 * up to five times as long.
 */
export function hiddenSeconds(receiveCount: number, holdSeconds: number): number {
  const doublings = Math.max(0, receiveCount - SOON_RECEIVES)
  return holdSeconds * Math.min(2 ** doublings, MAX_FACTOR)
}

/** Hides messages that have failed often for longer. */
export async function putOff({ sqs, queueUrl, ...options }: PolledQueue, failed: Message[]) {
  const holdSeconds = options.holdSeconds ?? heldSeconds
  const hiddenFor = ({ Attributes }: Message) =>
    hiddenSeconds(Number(Attributes?.ApproximateReceiveCount), holdSeconds)
  const late = failed.filter((message) => hiddenFor(message) > holdSeconds)
  const toEntry = (entry: Entry, of: Message) => ({ ...entry, VisibilityTimeout: hiddenFor(of) })
  for (const Entries of batches(late, toEntry))
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
}

/** Deletes messages from their queue. */
export async function remove({ sqs, queueUrl }: PolledQueue, messages: Message[]) {
  for (const Entries of batches(messages, (entry) => entry)) {
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
  }
}

type Entry = { Id: string; ReceiptHandle: string }

function batches<T>(messages: Message[], toEntry: (entry: Entry, of: Message) => T): T[][] {
  const entries = messages.map((message, index) =>
    toEntry({ Id: String(index), ReceiptHandle: message.ReceiptHandle! }, message),
  )
  return Array.from({ length: Math.ceil(entries.length / 10) }, (_, index) =>
    entries.slice(index * 10, index * 10 + 10),
  )
}
