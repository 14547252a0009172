import * as Health from "@ringback/store/health"
import type { Endpoint } from "@ringback/webhooks/endpoint"
import { pauseAfter } from "@ringback/webhooks/schedule"
import type { Outcome } from "@ringback/webhooks/send"
import { considerEndpoint } from "../endpoint/breaker.ts"
import { formatDelivery, type DeliveryMessage } from "../messages/delivery.ts"
import { reasonOf } from "../runtime/log.ts"
import { cachedReceiver, noteHealth, type DeliverDeps } from "../endpoint/cached-endpoint.ts"
import { sendAll, type Outgoing } from "../messages/send.ts"

// A batch lasts as long as its slowest POST, 15 s and more. What the others bring about does not wait for that: it is
// pooled for so long, and goes out.
const POOLED_MS = 100

/** What one invocation brings about beside the deliveries' own writes: retries that are soon, and endpoints' health. */
export type Round = {
  /** Plans another message for the delivery at that time, within a quarter of an hour. */
  later: (message: DeliveryMessage, at: number) => void
  /** Counts for the endpoint's health: nothing at all is written where all is well. */
  note: (endpoint: Endpoint, outcome: Outcome) => void
  /** Sends and writes at once what is pooled; resolves when all that was planned and noted before is out. */
  flush: () => Promise<void>
}

type Tally = {
  tenant: string
  endpointId: string
  failures: number
  successes: number
  /** How long the endpoint asked to be left alone. */
  pauseMs: number
}

export function roundOf(deps: DeliverDeps): Round {
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
    // Each retry has its net in the table: what is not taken here is released a quarter of an hour later.
    sent = Promise.all([sent, sendAll(deps.sqs, deps.queues.retryUrl, retries)])
    // One after the other, so that an endpoint's failures are not written after the success that followed them.
    written = written.then(() => Promise.all(noted.map((tally) => closeSafely(deps, tally))))
    await Promise.all([sent, written])
  }
  const { pooledMs = POOLED_MS } = deps
  // An invocation that died never flushes; its timer must not keep the process.
  const flushSoon = () => void (timer ??= setTimeout(() => void flush(), pooledMs).unref())

  return {
    flush,
    later({ body: _, probe: _probe, manual: _manual, moved: _moved, ...message }, at) {
      const now = deps.table.now()
      soon.push({
        body: formatDelivery({ ...message, madeAt: now, again: true }),
        groupId: message.endpointId,
        delaySeconds: Math.max(1, Math.ceil((at - now) / 1000)),
      })
      flushSoon()
    },
    note({ tenant, id: endpointId }, outcome) {
      const none = { tenant, endpointId, failures: 0, successes: 0, pauseMs: 0 }
      const tally = tallies.get(endpointId) ?? none
      if (outcome.ok) tally.successes++
      else tally.failures++
      tally.pauseMs = Math.max(tally.pauseMs, pauseAfter(outcome) ?? 0)
      tallies.set(endpointId, tally)
      flushSoon()
    },
  }
}

// The deliveries are written already: an endpoint's health is worth no second POST.
async function closeSafely(deps: DeliverDeps, tally: Tally): Promise<void> {
  try {
    await closeOne(deps, tally)
  } catch (error) {
    deps.log("endpoint.health.failed", { endpointId: tally.endpointId, reason: reasonOf(error) })
  }
}

async function closeOne(
  deps: DeliverDeps,
  { tenant, endpointId, failures, successes, pauseMs }: Tally,
) {
  const { endpoint, health } = await cachedReceiver(deps, tenant, endpointId)
  if (!endpoint) return
  if (successes > 0) {
    const isWell = health.failingSince === undefined && health.state !== "resting"
    if (isWell) return
    await Health.succeeded(deps.table, tenant, endpointId)
    noteHealth(deps, tenant, endpointId, { failures: 0 })
    deps.log("endpoint.well", { endpointId })
    return
  }
  const failed = await Health.failed(deps.table, tenant, endpointId, failures)
  const until = deps.table.now() + pauseMs
  const paused = pauseMs > 0 ? await Health.pause(deps.table, tenant, endpointId, until) : undefined
  const now = paused ?? failed
  if (!now) return
  noteHealth(deps, tenant, endpointId, now)
  await considerEndpoint(deps, tenant, endpoint, now)
}
