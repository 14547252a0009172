import { type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs"
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda"
import { setTimeout as wait } from "node:timers/promises"
import type { QueueFacts } from "../../../infra/facts.ts"
import { heldSeconds, holdMessages, type PolledQueue, putOff, remove } from "./held-messages.ts"
import { makeContext, makeRecord } from "./lambda.ts"

export type SqsHandler = (
  event: SQSEvent,
  context: Context,
) => Promise<SQSBatchResponse | undefined | void>

export type EventSourceOptions = PolledQueue & {
  facts: Pick<QueueFacts, "timeoutSeconds" | "batchSize" | "windowSeconds" | "maximumConcurrency">
  handler: SqsHandler
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
  /** From how many waiting functions on starts are spread by `spreadMs`. Default: 8. */
  spreadFrom?: number | undefined
  /**
   * How long a receive waits for a message, if the queue ends with this process. Otherwise a message
   * given to a receiver that has gone would reach nobody.
   */
  waitSeconds?: number | undefined
}

export type EventSource = {
  /** Stops receiving, and waits until the running handlers have ended. */
  close: () => Promise<void>
}

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
    const isSpread =
      waiting < (options.spreadFrom ?? SPREAD_FROM_WAITING) || now - begunAt >= spreadMs
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
  const { queueUrl, handler, onError } = options
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
      options,
      messages.filter(({ MessageId }) => !failed.has(MessageId!)),
    )
  } catch (error) {
    onError?.(error)
  } finally {
    limit.abort()
    clearInterval(hold)
    const again = messages.filter(({ MessageId }) => failed.has(MessageId!))
    await putOff(options, again).catch((error: unknown) => onError?.(error))
  }
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
