import { advance } from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import { listOpen } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import { takeSlots } from "@ringback/store/rate-slots"
import type { Table } from "@ringback/store/table"
import { isSoon } from "@ringback/webhooks/schedule"
import type { JobOf, Next } from "../messages/job.ts"
import { byRelease } from "../messages/retry-plan.ts"
import { DEFAULT_RATE } from "./default-rate.ts"

const PAGE = 100

/** The next page of what waits for a slot at an endpoint's old rate gets one at the rate that it has now. */
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
  // For a slot that is soon a delayed message is on its way already.
  const waiting = items.filter(({ slot }) => slot !== undefined && !isSoon(slot - table.now()))
  if (waiting.length > 0) {
    const intervalMs = 1000 / (endpoint.rateLimit ?? DEFAULT_RATE)
    const count = waiting.length
    const first = await takeSlots(table, tenant, endpointId, count, intervalMs)
    // Read newest first: within a page the oldest goes first.
    const inOrder = waiting.toReversed()
    await Promise.all(
      inOrder.map((delivery, index) => {
        const at = Math.ceil(first + index * intervalMs)
        const change = { status: "pending" as const, keepsTurn: true, due: byRelease(at), slot: at }
        return advance(table, factsOfItem(delivery), delivery.turn, change)
      }),
    )
  }
  return next === undefined ? undefined : { cursor: next }
}
