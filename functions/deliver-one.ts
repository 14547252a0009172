import * as Delivery from "@ringback/store/delivery"
import { parkingShardOf } from "@ringback/store/due"
import * as Health from "@ringback/store/health"
import type { Verdict } from "./batch.ts"
import { attempt } from "./attempt.ts"
import { factsOf, formatDelivery, type DeliveryMessage } from "./delivery-message.ts"
import { cachedReceiver, freshReceiver, type DeliverDeps, type Receiver } from "./receiver.ts"
import type { Round } from "./round.ts"
import { sendOne } from "./send.ts"
import { SLOW_FOR_MS } from "./slowness.ts"

export type { DeliverDeps } from "./receiver.ts"

/** One message as the queue handed it out. */
export type Errand = {
  message: DeliveryMessage
  isRepeat: boolean
  /** Whether the function's time allows for another POST. */
  hasTime: () => boolean
}

// What is older may have been decided by another copy of the message meanwhile.
const TRUSTED_MS = 60_000
const PROBE_LEASE_MS = 60_000
// A slot that is nearer than this is waited for; a later one is waited for in the table.
const MAX_WAIT_MS = 1_500
// After that a slot has passed: whatever was held up would arrive in one go.
const SLOT_VALID_MS = 5_000

/** Attempts one delivery, or finds out why not: void, disabled, gone, resting, or over its rate. */
export async function deliverOne(
  deps: DeliverDeps,
  round: Round,
  errand: Errand,
): Promise<Verdict> {
  const { message, isRepeat } = errand
  const { tenant, endpointId, turn } = message
  const { table } = deps
  let receiver = await cachedReceiver(deps, tenant, endpointId)
  if (await movedAside(deps, errand, receiver)) return "done"

  const facts = factsOf(message)
  const isOld = table.now() - message.madeAt > TRUSTED_MS
  const isDoubtful = turn > 0 || isRepeat || message.again || isOld
  const delivery = isDoubtful
    ? await Delivery.get(table, tenant, facts.ref, { consistent: true })
    : undefined
  if (isDoubtful && (delivery ? delivery.turn !== turn : turn > 0)) {
    deps.log("delivery.void", { deliveryId: message.deliveryId, turn, now: delivery?.turn ?? null })
    return "done"
  }

  if (!receiver.endpoint || receiver.endpoint.disabled) {
    receiver = await freshReceiver(deps, tenant, endpointId)
  }
  const { endpoint } = receiver
  if (!endpoint || endpoint.disabled) {
    const status = endpoint ? "held" : "discarded"
    const reason = endpoint
      ? `the endpoint is disabled (${endpoint.disabledReason})`
      : "the endpoint was deleted"
    await Delivery.advance(table, facts, turn, { status, reason })
    deps.log("delivery.stopped", { deliveryId: message.deliveryId, status })
    return "done"
  }

  if (!message.manual) {
    if (await isToRest(deps, message, receiver)) {
      const shard = parkingShardOf(endpointId, facts.ref)
      const at = table.now()
      const due = { at, nextAt: at, shard }
      await Delivery.advance(table, facts, turn, { status: "pending", keepsTurn: true, due })
      return "done"
    }
    const slot = await slotFor(deps, endpoint, delivery)
    if (slot - table.now() > MAX_WAIT_MS) {
      const due = { at: slot, nextAt: slot }
      await Delivery.advance(table, facts, turn, { status: "pending", keepsTurn: true, due, slot })
      return "done"
    }
    await waitUntil(slot, table.now)
  }
  if (!errand.hasTime()) return "later"
  return attempt(deps, round, { message, facts, endpoint, delivery })
}

/** First attempts of an endpoint that is slow to answer go by the other queue, and delay nobody there. */
async function movedAside(
  { sqs, queues, table, slowness }: DeliverDeps,
  { message }: Errand,
  { health }: Receiver,
): Promise<boolean> {
  if (message.turn > 0 || message.moved || message.again) return false
  const wasSlow = table.now() - (health.slowAt ?? -Infinity) < SLOW_FOR_MS
  if (!wasSlow && !slowness.isSlow(message.endpointId)) return false
  const body = formatDelivery({ ...message, moved: true, again: true })
  await sendOne(sqs, queues.retryUrl, { body, groupId: message.endpointId })
  return true
}

async function isToRest(
  deps: DeliverDeps,
  { tenant, endpointId, probe }: DeliveryMessage,
  { health }: Receiver,
): Promise<boolean> {
  if (health.state !== "resting") return false
  const fresh = await freshReceiver(deps, tenant, endpointId)
  if (fresh.health.state !== "resting") return false
  return !(probe && (await Health.lease(deps.table, tenant, endpointId, PROBE_LEASE_MS)))
}

/** When the endpoint's rate allows the POST (epoch ms); a slot once taken stays valid for a moment. */
async function slotFor(
  { table }: DeliverDeps,
  { tenant, id, rateLimit }: NonNullable<Receiver["endpoint"]>,
  delivery: Delivery.Delivery | undefined,
): Promise<number> {
  const now = table.now()
  if (rateLimit === null) return now
  if (delivery?.slot !== undefined && Math.abs(now - delivery.slot) < SLOT_VALID_MS)
    return delivery.slot
  return Health.takeSlots(table, tenant, id, 1, 1000 / rateLimit)
}

async function waitUntil(time: number, now: () => number): Promise<void> {
  const waitMs = time - now()
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
}
