import { listChanges } from "@ringback/store/changes"
import type { Matching } from "@ringback/store/endpoint"
import type { Marker } from "@ringback/store/erasure"
import type { Known } from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import { makeCache } from "../runtime/cache.ts"
import { makeChanges } from "../runtime/changes.ts"
import { watchStepsBack } from "../runtime/clock-steps.ts"
import { isHealthy, type Receiver } from "./cached-endpoint.ts"

/**
 * A process's cached data of tenants, each at most `cachedMs` older than the table. `monotonic` (ms)
 * shows where the table's clock is set back.
 */
export function makeCaches(table: Table, cachedMs: number, monotonic: () => number) {
  const { now } = table
  const stepWatch = () => watchStepsBack(now, monotonic)
  const list = (since: number) => listChanges(table, since)
  const changes = makeChanges(now, list, cachedMs, stepWatch())
  // Each notices a step by itself.
  const options = () => ({ changes, isSetBack: stepWatch() })
  return {
    sources: makeCache<Known | undefined>(now, cachedMs, options()),
    endpoints: makeCache<Matching[]>(now, cachedMs, options()),
    erased: makeCache<Marker>(now, cachedMs, options()),
    // What endpoints answer changes nothing that is announced.
    slowCounts: makeCache<number>(now, cachedMs, { isSetBack: stepWatch() }),
    receivers: makeCache<Receiver>(now, cachedMs, {
      ...options(),
      // What was slow or paused when it was read may have been so again since.
      isAnnounced: ({ health }, readAt) => isHealthy(health, readAt),
    }),
  }
}
