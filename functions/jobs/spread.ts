import { advance } from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import { listOpen } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import { takeSlots } from "@ringback/store/rate-slots"
import type { Table } from "@ringback/store/table"
import type { JobOf, Next } from "../messages/job.ts"
import { byRelease } from "../messages/retry-transport.ts"
import { DEFAULT_RATE } from "./default-rate.ts"

const PAGE = 100

/**
 * The next page of deliveries that wait for a slot at an endpoint's old rate, or of the time when it
 * was slow, is spread at the present rate.
 */
export async function spreadPage(
  table: Table,
  { tenant, endpointId, place }: JobOf<"spread">,
): Promise<Next<"spread">> {
  const endpoint = await Endpoint.get(table, tenant, endpointId, { consistent: true })
  if (!endpoint) return undefined
  const { items, next } = await listOpen(table, tenant, {
    endpointId,
    statuses: ["pending"],
    limit: PAGE,
    cursor: place?.cursor,
  })
  // Those due soon have a delayed message on its way, which then waits for the new slot.
  const waiting = items.filter(({ slot }) => slot !== undefined)
  if (waiting.length > 0) {
    const { rateLimit } = endpoint
    const intervalMs = 1000 / (rateLimit ?? DEFAULT_RATE)
    const count = waiting.length
    const first = await takeSlots(table, tenant, endpointId, count, intervalMs)
    // Read newest first. Within a page the oldest is sent first.
    const inOrder = waiting.toReversed()
    await Promise.all(
      inOrder.map((delivery, index) => {
        const at = Math.ceil(first + index * intervalMs)
        // Without a rate limit there is no slot to wait for when it is due.
        const slot = rateLimit === null ? undefined : at
        const change = { status: "pending" as const, keepsTurn: true, due: byRelease(at), slot }
        return advance(table, factsOfItem(delivery), delivery.turn, change)
      }),
    )
  }
  return next === undefined ? undefined : { cursor: next }
}
