import * as Delivery from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import { readWhole } from "@ringback/store/delivery-list"
import { listDue } from "@ringback/store/due"
import * as Endpoint from "@ringback/store/endpoint"
import * as Pull from "@ringback/store/pull"
import { notifyExhausted, type NoticeDeps } from "../messages/exhausted.ts"
import type { JobOf, Next } from "../messages/job.ts"

const PAGE = 100

/**
 * Handles the next page of unfetched deliveries: those that would be deleted within a day have
 * failed.
 */
export async function expirePage(
  deps: NoticeDeps,
  { tenant, endpointId, place }: JobOf<"expire">,
): Promise<Next<"expire">> {
  const { table } = deps
  const endpoint = await Endpoint.get(table, tenant, endpointId, { consistent: true })
  if (!endpoint) {
    await Pull.unwatch(table, tenant, endpointId)
    return undefined
  }
  const shard = Pull.pullShard(endpointId)
  // Includes leased ones, which are listed at the end of their lease.
  const page = await listDue(table, shard, Number.MAX_SAFE_INTEGER, PAGE, place?.start)
  let soonest = place?.soonest ?? Infinity
  for (const delivery of await readWhole(table, page.entries)) {
    if (delivery.status !== "pending") continue
    const at = Pull.pastAt(delivery)
    if (at <= table.now()) await giveUp(deps, delivery)
    else soonest = Math.min(soonest, at)
  }
  const known = soonest < Infinity ? { soonest } : {}
  if (page.next) return { start: page.next as Record<string, string | number>, ...known }
  await Pull.watchNext(table, tenant, endpointId, soonest)
  return undefined
}

async function giveUp(deps: NoticeDeps, delivery: Delivery.Delivery) {
  const { turn, attemptCount } = delivery
  const facts = factsOfItem(delivery)
  await notifyExhausted(deps, facts, { turn, attempts: attemptCount })
  const change = { status: "failed" as const, reason: "never fetched" }
  await Delivery.advance(deps.table, facts, turn, change)
}
