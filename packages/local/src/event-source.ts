import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs"
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda"
import { setTimeout as wait } from "node:timers/promises"
import type { QueueFacts } from "../../../infra/facts.ts"
import { makeContext, makeRecord } from "./lambda.ts"

export type SqsHandler = (
  event: SQSEvent,
  context: Context,
) => Promise<SQSBatchResponse | undefined | void>

export type EventSourceOptions = {
  sqs: SQSClient
  queueUrl: string
  facts: Pick<QueueFacts, "timeoutSeconds" | "batchSize" | "windowSeconds" | "maximumConcurrency">
  handler: SqsHandler
  /** Called with an error of a handler, an exceeded time limit, or an unreachable queue. */
  onError?: ((error: unknown) => void) | undefined
  /** False: only a few functions run at a time, until the processor is free again. */
  hasTime?: (() => boolean) | undefined
  /**
   * A function that has run this long is waiting for something else, uses no processor time, and
   * does not count as one of the few.
   */
  waitsAfterMs?: number | undefined
  /**
   * If many are waiting, the interval between two starts (three times as long while the processor
   * is busy): they end as spread as they started.
   */
  spreadMs?: number | undefined
  /**
   * How long a receive waits for a message, if the queue ends with this process. Otherwise a message
   * given to a receiver that has gone would reach nobody.
   */
  waitSeconds?: number | undefined
  /** How long a received message that is not deleted stays hidden. */
  holdSeconds?: number | undefined
}

export type EventSource = {
  /** Stops receiving, and waits until the running handlers have ended. */
  close: () => Promise<void>
}

// Much less than the queue's own visibility timeout, and extended while a handler runs: messages in
// flight at a SIGKILL are received again within ten seconds, not after six times the function's
// timeout.
export const heldSeconds = 9

// Short, because emulators hand messages to receivers that have gone: a killed process leaves
// receivers behind, and they consume messages for as long as they wait.
const WAIT_SECONDS = 1
const BACKOFF_MS = 500
const MAX_IN_FLIGHT_WHEN_BUSY = 4
// Longer than a few functions take on a busy processor.
const WAITS_AFTER_MS = 1_500
const SPREAD_FROM_WAITING = 8
const BUSY_SPREAD_FACTOR = 3
const LOOK_AGAIN_MS = 20

/**
 * Lambda's event source mapping: batches, concurrency, partial failures and deletion, for one queue
 * and handler.
 */
export function pollQueue(options: EventSourceOptions): EventSource {
  // The running functions, each with its start time.
  const inFlight = new Map<Promise<void>, number>()
  let begunAt = -Infinity
  const closing = new AbortController()
  const isFull = () => {
    const now = performance.now()
    if (inFlight.size >= options.facts.maximumConcurrency) return true
    const { waitsAfterMs = WAITS_AFTER_MS } = options
    const waiting = [...inFlight.values()].filter((since) => now - since >= waitsAfterMs).length
    const hasTime = options.hasTime?.() !== false
    const spreadMs = (options.spreadMs ?? 0) * (hasTime ? 1 : BUSY_SPREAD_FACTOR)
    const isSpread = waiting < SPREAD_FROM_WAITING || now - begunAt >= spreadMs
    return !isSpread || (!hasTime && inFlight.size - waiting >= MAX_IN_FLIGHT_WHEN_BUSY)
  }

  // One receiver: an emulator wakes all receivers for each message, and the others would query in
  // vain.
  async function receiveForEver() {
    while (!closing.signal.aborted) {
      if (isFull()) {
        await Promise.race([...inFlight.keys(), wait(LOOK_AGAIN_MS)])
        continue
      }
      let messages: Message[] = []
      try {
        messages = await gather(options, closing.signal)
      } catch (error) {
        if (closing.signal.aborted) return
        options.onError?.(error)
        await wait(BACKOFF_MS)
      }
      if (messages.length === 0) continue
      const invocation = invoke(options, messages).finally(() => inFlight.delete(invocation))
      begunAt = performance.now()
      inFlight.set(invocation, begunAt)
    }
  }

  const receiving = receiveForEver()
  return {
    async close() {
      closing.abort()
      await receiving
      await Promise.all(inFlight.keys())
    },
  }
}

/**
 * One batch: the result of one receive, or with a window everything that arrives until the window
 * has passed or the batch is full.
 */
async function gather({ facts, ...options }: EventSourceOptions, closing: AbortSignal) {
  const { waitSeconds = WAIT_SECONDS } = options
  // A short receive is awaited to its end, so that no receiver is left behind at a queue that
  // others continue to use.
  const sending = waitSeconds > WAIT_SECONDS ? { abortSignal: closing } : {}
  const until = Date.now() + facts.windowSeconds * 1000
  const messages: Message[] = []
  do {
    const { Messages = [] } = await options.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: options.queueUrl,
        MaxNumberOfMessages: Math.min(10, facts.batchSize - messages.length),
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: options.holdSeconds ?? heldSeconds,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      }),
      sending,
    )
    messages.push(...Messages)
  } while (messages.length < facts.batchSize && Date.now() < until && !closing.aborted)
  return messages
}

/**
 * Runs the handler on a batch and deletes the messages that it did not return as failed. Never
 * rejects.
 */
async function invoke(options: EventSourceOptions, messages: Message[]): Promise<void> {
  const { sqs, queueUrl, handler, onError } = options
  const hold = holdMessages(options, messages)
  const context = makeContext(options.facts.timeoutSeconds * 1000)
  const limit = new AbortController()
  let failed = new Set(messages.map(({ MessageId }) => MessageId!))
  try {
    const Records = messages.map((message) => makeRecord(message, queueUrl))
    const response = await Promise.race([
      handler({ Records }, context),
      timeLimit(options.facts.timeoutSeconds, limit.signal),
    ])
    failed = failedIds(response, messages)
    await remove(
      sqs,
      queueUrl,
      messages.filter(({ MessageId }) => !failed.has(MessageId!)),
    )
  } catch (error) {
    onError?.(error)
  } finally {
    limit.abort()
    clearInterval(hold)
    const again = messages.filter(({ MessageId }) => failed.has(MessageId!))
    await putOff(options, again).catch(onError)
  }
}

// After a short outage a failed message is received again soon.
const SOON_RECEIVES = 10
const MAX_DOUBLINGS = 5

/** After ten receives a failed message is hidden for twice as long each time, 32 times at most. */
async function putOff({ sqs, queueUrl, ...options }: EventSourceOptions, failed: Message[]) {
  const doublings = ({ Attributes }: Message) =>
    Math.min(Number(Attributes?.ApproximateReceiveCount) - SOON_RECEIVES, MAX_DOUBLINGS)
  const seconds = options.holdSeconds ?? heldSeconds
  const late = failed.filter((message) => doublings(message) > 0)
  const hiddenFor = (of: Message) => ({ VisibilityTimeout: seconds * 2 ** doublings(of) })
  for (const Entries of batches(late, (entry, of) => ({ ...entry, ...hiddenFor(of) })))
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
}

// An invocation cannot be killed here as Lambda kills it. Messages that it does not finish in time
// are received again nevertheless.
async function timeLimit(seconds: number, signal: AbortSignal): Promise<never> {
  await wait(seconds * 1000, undefined, { signal })
  throw new Error(`a function took more than its ${seconds} s`)
}

/**
 * The ids to be received again. As on AWS, a response of a wrong shape, or with an id that is not
 * in the batch, fails all.
 */
export function failedIds(response: unknown, messages: Message[]): Set<string> {
  const all = new Set(messages.map(({ MessageId }) => MessageId!))
  if (response === undefined || response === null) return new Set()
  if (typeof response !== "object") return all
  const { batchItemFailures: failures } = response as { batchItemFailures?: unknown }
  if (failures === undefined || failures === null) return new Set()
  if (!Array.isArray(failures)) return all
  const ids = failures.map((failure: unknown) =>
    typeof failure === "object" && failure !== null && "itemIdentifier" in failure
      ? failure.itemIdentifier
      : undefined,
  )
  const areKnown = ids.every((id): id is string => typeof id === "string" && all.has(id))
  return areKnown ? new Set(ids as string[]) : all
}

function holdMessages({ sqs, queueUrl, ...options }: EventSourceOptions, messages: Message[]) {
  const VisibilityTimeout = options.holdSeconds ?? heldSeconds
  const prolong = async () => {
    for (const Entries of batches(messages, (entry) => ({ ...entry, VisibilityTimeout }))) {
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
    }
  }
  return setInterval(() => void prolong().catch(options.onError), (VisibilityTimeout * 1000) / 3)
}

async function remove(sqs: SQSClient, queueUrl: string, messages: Message[]) {
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
