import * as Health from "@ringback/store/health"
import type { Endpoint } from "@ringback/webhooks/endpoint"
import { pauseAfter } from "@ringback/webhooks/schedule"
import type { Outcome } from "@ringback/webhooks/send"
import { considerEndpoint } from "../endpoint/breaker.ts"
import { formatDelivery, type DeliveryMessage } from "../messages/delivery.ts"
import { reasonOf } from "../runtime/log.ts"
import { cachedReceiver, noteHealth, type DeliverDeps } from "../endpoint/cached-endpoint.ts"
import type { Outgoing } from "../messages/send.ts"

/** What one invocation gathers: how its endpoints fared, and which retries are soon. */
export type Round = {
  /** Messages that are to be sent with a delay. */
  soon: Outgoing[]
  /** Plans another message for the delivery at that time, within a quarter of an hour. */
  later: (message: DeliveryMessage, at: number) => void
  note: (endpoint: Endpoint, outcome: Outcome) => void
  /** Writes what changed for the endpoints: nothing at all where all is well. */
  close: () => Promise<void>
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
  const tallies = new Map<string, Tally>()
  const soon: Outgoing[] = []
  return {
    soon,
    later({ body: _, probe: _probe, manual: _manual, moved: _moved, ...message }, at) {
      const now = deps.table.now()
      soon.push({
        body: formatDelivery({ ...message, madeAt: now, again: true }),
        groupId: message.endpointId,
        delaySeconds: Math.max(1, Math.ceil((at - now) / 1000)),
      })
    },
    note({ tenant, id: endpointId }, outcome) {
      const none = { tenant, endpointId, failures: 0, successes: 0, pauseMs: 0 }
      const tally = tallies.get(endpointId) ?? none
      if (outcome.ok) tally.successes++
      else tally.failures++
      tally.pauseMs = Math.max(tally.pauseMs, pauseAfter(outcome) ?? 0)
      tallies.set(endpointId, tally)
    },
    async close() {
      await Promise.all([...tallies.values()].map((tally) => closeSafely(deps, tally)))
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
