import * as Delivery from "@ringback/store/delivery"
import { waitingFrom } from "@ringback/store/pull"
import type { Endpoint, Posted } from "@ringback/webhooks/endpoint"
import { isSoon } from "@ringback/webhooks/schedule"
import type { Verdict } from "../runtime/batch.ts"
import { waitFor, type Wait } from "./admission.ts"
import { attempt, NET_MS } from "./attempt.ts"
import { factsOf, formatDelivery, type DeliveryMessage } from "../messages/delivery.ts"
import {
  cachedReceiver,
  freshReceiver,
  type DeliverDeps,
  type Receiver,
} from "../endpoint/cached-endpoint.ts"
import type { Round } from "./batch-results.ts"
import { sendOne } from "../messages/send.ts"
import { SLOW_FOR_MS } from "../endpoint/slow-endpoints.ts"

export type { DeliverDeps } from "../endpoint/cached-endpoint.ts"

/** One message as the queue handed it out. */
export type Errand = {
  message: DeliveryMessage
  isRepeat: boolean
  /** Whether the function's time allows for another POST. */
  hasTime: () => boolean
}

// What is older may have been decided by another copy of the message meanwhile.
const TRUSTED_MS = 60_000

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
    if (isRepeat && delivery?.turn === turn + 1) planAgain(deps, round, message, delivery)
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

  if (!isPosted(endpoint)) {
    const due = waitingFrom(endpointId, table.now())
    await Delivery.advance(table, facts, turn, { status: "pending", due })
    return "done"
  }
  if (!message.manual) {
    const wait = await waitFor(deps, { message, receiver, endpoint, delivery })
    if (wait) return park(deps, round, { message, facts, wait })
  }
  if (!errand.hasTime()) return "later"
  return attempt(deps, round, { message, facts, endpoint, delivery })
}

const isPosted = (endpoint: Endpoint): endpoint is Posted => endpoint.url !== null

/**
 * A message that comes again after its outcome was written: the function ended between the two, perhaps before it sent
 * the retry that is soon. Sent once more, it need not wait for the net under it; of two, the later is void.
 */
function planAgain(
  { table }: DeliverDeps,
  round: Round,
  message: DeliveryMessage,
  { status, turn, nextAt, dueAt }: Delivery.Delivery,
): void {
  const isByMessage = status === "pending" && nextAt !== undefined && dueAt === nextAt + NET_MS
  if (isByMessage && isSoon(nextAt - table.now())) round.later({ ...message, turn }, nextAt)
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

type Parked = { message: DeliveryMessage; facts: Delivery.DeliveryFacts; wait: Wait }

/** It waits its turn unchanged: with the endpoint that rests, or until a time, like a retry that is soon or late. */
async function park(
  { table }: DeliverDeps,
  round: Round,
  { message, facts, wait }: Parked,
): Promise<Verdict> {
  const { at, shard, slot } = wait
  const isByMessage = shard === undefined && isSoon(at - table.now())
  const due = { at: isByMessage ? at + NET_MS : at, nextAt: at, ...(shard ? { shard } : {}) }
  const change = { status: "pending" as const, keepsTurn: true, due, slot }
  const written = await Delivery.advance(table, facts, message.turn, change)
  if (written === "won" && isByMessage) round.later(message, at)
  return "done"
}
