import * as BreakerState from "@ringback/store/breaker-state"
import { advance } from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import { listOpen } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import type { Metrics } from "@ringback/telemetry/metric"
import { availabilityOf } from "../endpoint/availability.ts"
import { countEnd } from "../runtime/count-end.ts"
import type { JobOf, Next } from "../messages/job.ts"

const PAGE = 100

/** The next page of what waits for a disabled endpoint becomes `held`. */
export async function holdPage(
  table: Table,
  { tenant, endpointId, place }: JobOf<"hold">,
  metrics?: Metrics,
): Promise<Next<"hold">> {
  const endpoint = await Endpoint.get(table, tenant, endpointId, { consistent: true })
  const found = availabilityOf(endpoint)
  // Enabled again meanwhile: what waits goes on. Deleted: the job `erase` sees to it.
  if (found.ok || found.stop.status !== "held") return undefined
  const { items, next } = await listOpen(table, tenant, {
    endpointId,
    statuses: ["pending"],
    limit: PAGE,
    cursor: place?.cursor,
  })
  await Promise.all(
    items.map(async (delivery) => {
      const facts = factsOfItem(delivery)
      const written = await advance(table, facts, delivery.turn, found.stop)
      if (written === "won") countEnd(metrics, facts, found.stop.status)
    }),
  )
  if (next !== undefined) return { cursor: next }
  await BreakerState.resetAndWake(table, tenant, endpointId)
  return undefined
}
