import { listChanges } from "@ringback/store/changes"
import type { Matching } from "@ringback/store/endpoint"
import type { Marker } from "@ringback/store/erasure"
import type { Known } from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import { makeCache } from "../runtime/cache.ts"
import { makeChanges } from "../runtime/changes.ts"
import { isHealthy, type Receiver } from "./cached-endpoint.ts"

/** A process's cached data of tenants, each at most `cachedMs` older than the table. */
export function makeCaches(table: Table, cachedMs: number) {
  const { now } = table
  const changes = makeChanges(now, (since) => listChanges(table, since), cachedMs)
  return {
    sources: makeCache<Known | undefined>(now, cachedMs, { changes }),
    endpoints: makeCache<Matching[]>(now, cachedMs, { changes }),
    erased: makeCache<Marker>(now, cachedMs, { changes }),
    receivers: makeCache<Receiver>(now, cachedMs, {
      changes,
      // What was slow or paused when it was read may have been so again since.
      isAnnounced: ({ health }, readAt) => isHealthy(health, readAt),
    }),
  }
}
