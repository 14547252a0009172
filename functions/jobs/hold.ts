import { advance, refOf } from "@ringback/store/delivery"
import { listDeliveries } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import type { Table } from "@ringback/store/table"
import type { Job, Place } from "../messages/job.ts"

const PAGE = 100

/** The next page of what waits for a disabled endpoint becomes `held`. */
export async function holdPage(
  table: Table,
  { tenant, endpointId, place }: Extract<Job, { kind: "hold" }>,
): Promise<Place> {
  const endpoint = await Endpoint.get(table, tenant, endpointId, { consistent: true })
  // Enabled again meanwhile: what waits goes on.
  if (!endpoint?.disabled) return undefined
  const { items, next } = await listDeliveries(table, tenant, {
    endpointId,
    statuses: ["pending"],
    limit: PAGE,
    cursor: place?.cursor as string | undefined,
  })
  const reason = `the endpoint is disabled (${endpoint.disabledReason})`
  await Promise.all(
    items.map((delivery) => {
      const facts = { ...delivery, tenant, ref: refOf(delivery) }
      return advance(table, facts, delivery.turn, { status: "held", reason })
    }),
  )
  if (next !== undefined) return { cursor: next }
  await Health.forget(table, tenant, endpointId)
  return undefined
}
