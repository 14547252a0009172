import type { Endpoint } from "@ringback/store/endpoint"
import { pauseAfter } from "@ringback/webhooks/pausing-statuses"
import type { Outcome } from "@ringback/webhooks/send"
import { recordFailures, recordPause, recordSuccess } from "../endpoint/breaker.ts"
import type { DeliverDeps } from "../endpoint/cached-endpoint.ts"
import { messageAgain, outgoing, type DeliveryMessage } from "../messages/delivery.ts"
import { sendAll, type Outgoing } from "../messages/send.ts"
import { reasonOf } from "../runtime/log.ts"

// A batch lasts as long as its slowest POST, 15 s and more. The results of the other deliveries do
// not wait for that: they are pooled for this time and then sent.
const POOLED_MS = 100

/**
 * The effects of one invocation in addition to the deliveries' own writes: retries that are due
 * soon, and the health of endpoints.
 */
export type BatchResults = {
  /** Sends another message for the delivery, delayed until the given time, which is soon. */
  retryAt: (message: DeliveryMessage, at: number) => void
  /**
   * Records a result for the endpoint's health. Nothing is written for a success while the endpoint
   * is healthy.
   */
  note: (endpoint: Endpoint, outcome: Outcome) => void
  /**
   * Sends and writes at once what is pooled. Resolves when everything planned and recorded before
   * is out.
   */
  flush: () => Promise<void>
}

type Tally = {
  tenant: string
  endpointId: string
  failures: number
  successes: number
  /** How long to pause. */
  pauseMs: number
  /** The same, as far as the endpoint named the time. */
  askedMs: number
}

export function makeBatchResults(deps: DeliverDeps): BatchResults {
  let tallies = new Map<string, Tally>()
  let soon: Outgoing[] = []
  let timer: NodeJS.Timeout | undefined
  let sent: Promise<unknown> = Promise.resolve()
  let written: Promise<unknown> = Promise.resolve()

  async function flush() {
    clearTimeout(timer)
    timer = undefined
    const [retries, noted] = [soon, [...tallies.values()]]
    soon = []
    tallies = new Map()
    // What SQS does not accept here is released a quarter of an hour later: see retry-transport.ts.
    sent = Promise.all([sent, sendAll(deps.sqs, deps.queues.retryUrl, retries)])
    // These run one after the other, so that an endpoint's failures are not written after the
    // success that followed them.
    written = written.then(() => Promise.all(noted.map((tally) => recordSafely(deps, tally))))
    await Promise.all([sent, written])
  }
  const { pooledMs = POOLED_MS } = deps
  // An invocation that died never flushes. Its timer must not keep the process alive.
  const flushSoon = () => void (timer ??= setTimeout(() => void flush(), pooledMs).unref())

  return {
    flush,
    retryAt(message, at) {
      const now = deps.table.now()
      soon.push({
        ...outgoing(messageAgain(message, now)),
        delaySeconds: Math.max(1, Math.ceil((at - now) / 1000)),
      })
      flushSoon()
    },
    note({ tenant, id: endpointId }, outcome) {
      const none = { tenant, endpointId, failures: 0, successes: 0, pauseMs: 0, askedMs: 0 }
      const tally = tallies.get(endpointId) ?? none
      if (outcome.ok) tally.successes++
      else tally.failures++
      const pauseMs = outcome.pauseMs ?? pauseAfter(outcome) ?? 0
      const isAsked = outcome.pauseMs !== undefined || outcome.retryAfterMs !== null
      tally.pauseMs = Math.max(tally.pauseMs, pauseMs)
      if (isAsked) tally.askedMs = Math.max(tally.askedMs, pauseMs)
      tallies.set(endpointId, tally)
      flushSoon()
    },
  }
}

// The deliveries are already written. A failed write of an endpoint's health does not justify a
// second POST.
async function recordSafely(deps: DeliverDeps, tally: Tally): Promise<void> {
  const { tenant, endpointId, failures, successes, pauseMs, askedMs } = tally
  try {
    if (successes > 0) {
      await recordSuccess(deps, tenant, endpointId)
      // A receiver that refuses a part of a burst, and says how long it wants to be left alone.
      if (askedMs > 0) await recordPause(deps, tenant, endpointId, askedMs)
    } else await recordFailures(deps, tenant, endpointId, { count: failures, pauseMs })
  } catch (error) {
    deps.log("endpoint.health.failed", { endpointId, reason: reasonOf(error) })
  }
}
