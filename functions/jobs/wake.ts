import { listDue, parkingShards } from "@ringback/store/due"
import * as Endpoint from "@ringback/store/endpoint"
import type { Table } from "@ringback/store/table"
import type { Job, Place } from "../messages/job.ts"
import { unpark } from "../messages/retry-plan.ts"

const PAGE = 25
/** How fast a backlog is let go where the endpoint has no rate of its own: requests a second. */
export const DEFAULT_RATE = 50

/** The next page of what was parked with an endpoint falls due, the longest waiting first, at the endpoint's rate. */
export async function wakePage(
  table: Table,
  { tenant, endpointId, place }: Extract<Job, { kind: "wake" }>,
): Promise<Place> {
  const endpoint = await Endpoint.get(table, tenant, endpointId)
  const intervalMs = 1000 / (endpoint?.rateLimit ?? DEFAULT_RATE)
  const pages = await Promise.all(
    parkingShards(endpointId).map((shard) => listDue(table, shard, Number.MAX_SAFE_INTEGER, PAGE)),
  )
  const entries = pages.flatMap((page) => page.entries).sort((a, b) => a.dueAt - b.dueAt)
  const now = table.now()
  const from = Math.max(now, Number(place?.from ?? now))
  await Promise.all(
    entries.map((entry, index) => {
      const at = Math.ceil(from + index * intervalMs)
      return unpark(table, entry, at)
    }),
  )
  if (!pages.some((page) => page.next)) return undefined
  return { from: Math.ceil(from + entries.length * intervalMs) }
}
