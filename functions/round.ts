import * as Health from "@ringback/store/health"
import { considerEndpoint } from "./consider-endpoint.ts"
import { reasonOf } from "./log.ts"
import { cachedReceiver, noteHealth, type DeliverDeps } from "./receiver.ts"
import type { Outgoing } from "./send.ts"

/** What one invocation gathers: how its endpoints fared, and which retries are soon. */
export type Round = {
  soon: Outgoing[]
  note: (tenant: string, endpointId: string, isOk: boolean) => void
  /** Writes what changed for the endpoints: nothing at all where all is well. */
  close: () => Promise<void>
}

type Tally = { tenant: string; endpointId: string; failures: number; successes: number }

export function roundOf(deps: DeliverDeps): Round {
  const tallies = new Map<string, Tally>()
  return {
    soon: [],
    note(tenant, endpointId, isOk) {
      const tally = tallies.get(endpointId) ?? { tenant, endpointId, failures: 0, successes: 0 }
      if (isOk) tally.successes++
      else tally.failures++
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

async function closeOne(deps: DeliverDeps, { tenant, endpointId, failures, successes }: Tally) {
  const { endpoint, health } = await cachedReceiver(deps, tenant, endpointId)
  if (!endpoint) return
  if (successes > 0) {
    const isWell = health.failingSince === undefined && health.state !== "resting"
    if (isWell) return
    await Health.succeeded(deps.table, tenant, endpointId)
    noteHealth(deps, tenant, { endpoint, health: { failures: 0 } })
    deps.log("endpoint.well", { endpointId })
    return
  }
  const now = await Health.failed(deps.table, tenant, endpointId, failures)
  if (!now) return
  noteHealth(deps, tenant, { endpoint, health: now })
  await considerEndpoint(deps, tenant, endpoint, now)
}
