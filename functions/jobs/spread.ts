import { advance, type Delivery } from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import { listOpen } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import { takeSlots } from "@ringback/store/rate-slots"
import { BEING_SENT_MS, intervalOfShare, restartSlots } from "../endpoint/slow-share.ts"
import { messageFor, outgoing } from "../messages/delivery.ts"
import type { JobOf, Next } from "../messages/job.ts"
import { byRelease, plan } from "../messages/retry-transport.ts"
import { sendAll } from "../messages/send.ts"
import type { SendDueDeps } from "../release/send-due.ts"
import { DEFAULT_RATE } from "./default-rate.ts"

const PAGE = 100

// `release` runs every minute. What is due before its second next run has a message.
const BEFORE_RELEASE_MS = 120_000
// All are in the two partitions of one endpoint.
const WRITES_AT_ONCE = 10
// Workers know a changed limit after ten seconds. Until then they take slots at the old one.
const KNOWN_MS = 15_000

type SpreadDeps = Pick<SendDueDeps, "table" | "sqs" | "queues">

/**
 * The next page of deliveries that wait for a slot at an endpoint's old rate, or of the time when it
 * was slow, is spread at the present rate. After a change of the limit all is spread twice, because
 * a worker that does not know it yet may still add deliveries, and takes wide slots.
 */
export async function spreadPage(
  deps: SpreadDeps,
  { tenant, endpointId, start, place }: JobOf<"spread">,
): Promise<Next<"spread">> {
  const { table } = deps
  const endpoint = await Endpoint.get(table, tenant, endpointId, { consistent: true })
  if (!endpoint) return undefined
  const isSecond = place?.isSecond ?? false
  if (isSecond && place?.cursor === undefined) await restartSlots(table, tenant, endpointId)
  const { items, next } = await listOpen(table, tenant, {
    endpointId,
    statuses: ["pending"],
    limit: PAGE,
    cursor: place?.cursor,
  })
  // One that is being sent keeps its slot.
  const waiting = items.filter(
    ({ slot }) => slot !== undefined && slot - table.now() > BEING_SENT_MS,
  )
  if (waiting.length > 0) await spread(deps, endpoint, waiting)
  if (next !== undefined) return { cursor: next, isSecond }
  const isLast = isSecond || start === undefined
  return isLast ? undefined : { isSecond: true, notBefore: table.now() + KNOWN_MS }
}

/** Gives deliveries other slots. `waiting`: newest first. Within a page the oldest is sent first. */
async function spread(
  deps: SpreadDeps,
  endpoint: Endpoint.Endpoint,
  waiting: Delivery[],
): Promise<void> {
  const { table, sqs, queues } = deps
  const shareMs = await intervalOfShare(table, endpoint.tenant, endpoint.id)
  const intervalMs = Math.max(1000 / (endpoint.rateLimit ?? DEFAULT_RATE), shareMs)
  const first = await takeSlots(table, endpoint.tenant, endpoint.id, waiting.length, intervalMs)
  const moves = waiting
    .toReversed()
    .map((delivery, index) => ({ delivery, at: Math.ceil(first + index * intervalMs) }))
  // Otherwise there is no slot to wait for when it is due.
  const hasSlots = endpoint.rateLimit !== null || shareMs > 0
  const failed: unknown[] = []
  for (let start = 0; start < moves.length; start += WRITES_AT_ONCE) {
    const some = moves.slice(start, start + WRITES_AT_ONCE)
    const moved = await Promise.allSettled(some.map((each) => moveOne(deps, hasSlots, each)))
    failed.push(...moved.flatMap((each) => (each.status === "rejected" ? [each.reason] : [])))
    const now = table.now()
    const messages = moved.flatMap((each) => {
      if (each.status === "rejected" || !each.value) return []
      const { delivery, at } = each.value
      const marks = { turn: delivery.turn + 1, madeAt: now, again: true }
      const delaySeconds = Math.max(0, Math.ceil((at - now) / 1000))
      return [{ ...outgoing(messageFor(factsOfItem(delivery), marks)), delaySeconds }]
    })
    // What was written has no other message: it is sent even if another write fails.
    await sendAll(sqs, queues.retryUrl, messages)
  }
  if (failed.length > 0) throw failed[0]
}

type Move = { delivery: Delivery; at: number }

/** Writes the slot. Undefined if no message must be sent. */
async function moveOne(
  { table }: SpreadDeps,
  hasSlots: boolean,
  move: Move,
): Promise<Move | undefined> {
  const { delivery, at } = move
  const now = table.now()
  const slot = hasSlots ? at : undefined
  const isSoon = at - now < BEFORE_RELEASE_MS
  const due = isSoon ? plan(at, now).due : byRelease(at)
  // Another turn: the message for the former slot is void.
  const change = { status: "pending" as const, due, slot }
  const written = await advance(table, factsOfItem(delivery), delivery.turn, change)
  return written === "won" && isSoon ? move : undefined
}
