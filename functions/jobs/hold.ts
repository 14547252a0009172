import * as BreakerState from "@ringback/store/breaker-state"
import { advance } from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import { listOpen } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import type { Metrics } from "@ringback/telemetry/metric"
import { availabilityOf } from "../endpoint/availability.ts"
import { restartSlots } from "../endpoint/slow-share.ts"
import { countEnd } from "../runtime/delivery-count.ts"
import { SETTLED_MS } from "./settled.ts"
import type { JobOf, Next } from "../messages/job.ts"

const PAGE = 100

/**
 * The next page of a disabled endpoint's pending deliveries becomes `held`. A worker that did not
 * know yet may still add deliveries for a pull endpoint. No attempt would find them, so the job
 * looks for them once more.
 */
export async function holdPage(
  table: Table,
  { tenant, endpointId, place }: JobOf<"hold">,
  metrics?: Metrics,
): Promise<Next<"hold">> {
  const endpoint = await Endpoint.get(table, tenant, endpointId, { consistent: true })
  const found = availabilityOf(endpoint)
  // Enabled again in the meantime: pending deliveries go on. Deleted: the job `erase` handles them.
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
  const isSecond = place?.isSecond ?? false
  if (next !== undefined) return { cursor: next, isSecond }
  await BreakerState.resetAndWake(table, tenant, endpointId)
  // Those of what is held now would delay what comes once it is enabled again.
  await restartSlots(table, tenant, endpointId)
  return endpoint?.pull && !isSecond
    ? { isSecond: true, notBefore: table.now() + SETTLED_MS }
    : undefined
}
