import { advance } from "@ringback/store/delivery"
import { factsOfItem } from "@ringback/store/delivery-facts"
import { listOpen } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import { dropSlots, takeSlots } from "@ringback/store/rate-slots"
import { formatDelivery, messageFor } from "../messages/delivery.ts"
import type { JobOf, Next } from "../messages/job.ts"
import { byRelease, plan } from "../messages/retry-transport.ts"
import { sendAll } from "../messages/send.ts"
import type { SendDueDeps } from "../release/send-due.ts"
import { DEFAULT_RATE } from "./default-rate.ts"

const PAGE = 100

// `release` runs every minute. What is due before its second next run has a message.
const BEFORE_RELEASE_MS = 120_000
const BEING_SENT_MS = 5_000
// Workers know a changed limit after ten seconds. Until then they take slots at the old one.
const KNOWN_MS = 15_000

/**
 * The next page of deliveries that wait for a slot at an endpoint's old rate, or of the time when it
 * was slow, is spread at the present rate. After a change of the limit all is spread twice, because
 * a worker that does not know it yet may still add deliveries, and takes wide slots.
 */
export async function spreadPage(
  { table, sqs, queues }: Pick<SendDueDeps, "table" | "sqs" | "queues">,
  { tenant, endpointId, start, place }: JobOf<"spread">,
): Promise<Next<"spread">> {
  const endpoint = await Endpoint.get(table, tenant, endpointId, { consistent: true })
  if (!endpoint) return undefined
  const isSecond = place?.isSecond ?? false
  if (isSecond && place?.cursor === undefined) await dropSlots(table, tenant, endpointId)
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
  if (waiting.length > 0) {
    const { rateLimit } = endpoint
    const intervalMs = 1000 / (rateLimit ?? DEFAULT_RATE)
    const count = waiting.length
    const first = await takeSlots(table, tenant, endpointId, count, intervalMs)
    // Read newest first. Within a page the oldest is sent first.
    const inOrder = waiting.toReversed()
    const now = table.now()
    const messages = await Promise.all(
      inOrder.map(async (delivery, index) => {
        const at = Math.ceil(first + index * intervalMs)
        // Without a rate limit there is no slot to wait for when it is due.
        const slot = rateLimit === null ? undefined : at
        const isSoon = at - now < BEFORE_RELEASE_MS
        const due = isSoon ? plan(at, now).due : byRelease(at)
        const facts = factsOfItem(delivery)
        // Another turn: the message for the former slot is void.
        const written = await advance(table, facts, delivery.turn, { status: "pending", due, slot })
        if (written === "lost" || !isSoon) return []
        const message = messageFor(facts, { turn: delivery.turn + 1, madeAt: now, again: true })
        const delaySeconds = Math.max(0, Math.ceil((at - now) / 1000))
        return [{ body: formatDelivery(message), groupId: endpointId, delaySeconds }]
      }),
    )
    await sendAll(sqs, queues.retryUrl, messages.flat())
  }
  if (next !== undefined) return { cursor: next, isSecond }
  const isLast = isSecond || start === undefined
  return isLast ? undefined : { isSecond: true, notBefore: table.now() + KNOWN_MS }
}
