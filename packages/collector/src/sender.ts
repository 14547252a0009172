import { setTimeout as wait } from "node:timers/promises"
import { sealJson, type SigningKey } from "@ringback/events/message"
import { backoffMs } from "./backoff.ts"
import { BATCH_BYTES, BATCH_COUNT, type Refusal, sendBatch, type Sqs } from "./batch.ts"
import type { EdgeTrace } from "./edge-trace.ts"
import { SendRate } from "./send-rate.ts"
import { jsonOf, type SpoolRecord } from "./spool/record.ts"
import type { Spool } from "./spool/spool.ts"
import type { Entry } from "./spool/send-window.ts"

export type SenderOptions = {
  spool: Spool
  sqs: Sqs
  queueUrl: string
  /** The SQS message group. The queue is fair between sources. */
  source: string
  signingKey: () => SigningKey
  /** Limit per second, so that a backlog does not overload ingest. */
  ratePerSecond: number
  /**
   * Called when SQS refuses a message permanently. The message is quarantined and removed from the
   * spool.
   */
  onRefused: (message: SpoolRecord, refusal: Refusal) => void
  onSent?: (count: number, durationMs: number) => void
  trace?: EdgeTrace | undefined
  /**
   * Called with an error when the queue becomes unreachable, and with null when it is reachable
   * again.
   */
  onOutage?: (error: Error | null) => void
}

export type Sender = {
  /** Sends what is left while the queue is reachable, for this long at most. */
  stop: (drainMs: number) => Promise<void>
}

const LANES = 4
// Waits for a batch to fill if one was just sent. Events come in bursts, and each SQS request costs
// money.
const LINGER_MS = 20
// The key id, the MAC and two dots precede the JSON.
const SEAL_BYTES = 64

/** Sends the spool to the queue, oldest first, until stopped. */
export function startSender(options: SenderOptions): Sender {
  const { spool, sqs, queueUrl, source } = options
  const stopping = new AbortController()
  const aborting = new AbortController()
  const sendRate = new SendRate(options.ratePerSecond, 1_000 / LANES)
  let sentAt = -Infinity
  // While the queue is unreachable only one lane tries, so that the oldest messages are still sent
  // first.
  let outage: PromiseWithResolvers<void> | undefined
  // Stopping while the queue is unreachable: the rest stays in the spool.
  let isGivenUp = false

  const pause = (ms: number) => wait(ms, undefined, { signal: stopping.signal }).catch(() => {})

  const backOff = (failures: number) => pause(backoffMs(failures, Math.random()))

  /**
   * Makes one SQS call. Returns the entries to send again, or the error if the queue was
   * unreachable.
   */
  async function attempt(batch: Entry[]): Promise<Entry[] | Error> {
    const key = options.signingKey()
    const bodies = batch.map((entry) => sealJson(jsonOf(entry), key))
    const startedAt = performance.now()
    sentAt = startedAt
    const result = await sendBatch(sqs, queueUrl, source, bodies, aborting.signal)
    const entryAt = (index: number) => batch[index]!
    if (!result.isReached) return result.error
    options.onSent?.(result.accepted.length, performance.now() - startedAt)
    for (const { index, ...refusal } of result.refused) {
      options.onRefused(entryAt(index), refusal)
    }
    if (options.trace) {
      for (const index of result.accepted) options.trace.sent(entryAt(index), batch.length)
      for (const { index, code } of result.refused)
        options.trace.sent(entryAt(index), batch.length, code)
    }
    const settled = [...result.accepted, ...result.refused.map(({ index }) => index)]
    spool.done(settled.map(entryAt))
    return result.failed.map(entryAt)
  }

  async function sendWhenReachable(batch: Entry[]): Promise<Entry[]> {
    for (;;) {
      await outage?.promise
      const result = isGivenUp ? [] : await attempt(batch)
      if (!(result instanceof Error)) return result
      if (!outage) return probe(batch, result)
    }
  }

  async function probe(batch: Entry[], error: Error): Promise<Entry[]> {
    outage = Promise.withResolvers()
    options.onOutage?.(error)
    let result: Entry[] | Error = error
    for (let failures = 1; result instanceof Error && !isGivenUp; failures++) {
      await backOff(failures)
      result = await attempt(batch)
      isGivenUp = result instanceof Error && stopping.signal.aborted
    }
    if (!isGivenUp) options.onOutage?.(null)
    outage.resolve()
    outage = undefined
    return result instanceof Error ? [] : result
  }

  async function settle(batch: Entry[]): Promise<void> {
    const excessMs = sendRate.take(batch.length, performance.now())
    if (excessMs > 0) await pause(excessMs)
    let left = await sendWhenReachable(batch)
    for (let failures = 1; left.length > 0; failures++) {
      await backOff(failures)
      if (stopping.signal.aborted) return
      left = await sendWhenReachable(left)
    }
  }

  async function runLane(): Promise<void> {
    while (!isGivenUp) {
      const batch = spool.take(BATCH_COUNT, BATCH_BYTES - BATCH_COUNT * SEAL_BYTES)
      if (batch.length > 0) await settle(batch)
      else if (stopping.signal.aborted) return
      else {
        await spool.available()
        const lingerMs = sentAt + LINGER_MS - performance.now()
        if (lingerMs > 0) await pause(lingerMs)
      }
    }
  }

  const lanes = Promise.all(Array.from({ length: LANES }, runLane))
  return {
    async stop(drainMs) {
      stopping.abort()
      spool.wakeAll()
      const timer = setTimeout(() => aborting.abort(), drainMs)
      await lanes
      clearTimeout(timer)
    },
  }
}
