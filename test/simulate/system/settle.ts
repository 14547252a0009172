import { plan } from "@ringback/functions/messages/retry-transport"
import type { Attempt } from "@ringback/store/delivery"
import { pauseAfter } from "@ringback/webhooks/pausing-statuses"
import { nextDelayMs } from "@ringback/webhooks/retry-schedule"
import { recordFailure, recordSuccess } from "./breaker.ts"
import { messageOf, type Delivery, type Message } from "./delivery.ts"
import type { Sim } from "./sim.ts"
import { writeDelivery } from "./writes.ts"

/** functions/deliver/settle.ts: what comes of an attempt, once its answer is there. */
export function beginSettling(
  sim: Sim,
  message: Message,
  attempt: Attempt,
  wasWell: boolean,
  answeredAt: number,
): void {
  sim.agenda.at(answeredAt, () => settle(sim, message, attempt, wasWell))
}

function settle(sim: Sim, message: Message, attempt: Attempt, wasWell: boolean): void {
  const { tally, agenda, random } = sim
  const { delivery } = message
  const { endpoint } = delivery
  const { now } = agenda
  // Another copy of the message decided in the meantime.
  if (delivery.status !== "pending" || delivery.turn !== message.turn) return
  const tries = delivery.tries + 1
  const isOk = attempt.error === null
  const delayMs = isOk ? undefined : nextDelayMs(tries, random.next)
  const to = delayMs === undefined ? "none" : "common"
  const attempts = [...delivery.attempts, attempt]
  if (!writeDelivery(sim, { ...delivery, attempts }, to, now).isWritten) {
    tally.repeated++
    again(sim, message, now)
    return
  }
  if (isOk) tally.deliver(delivery, now)
  Object.assign(delivery, {
    attempts,
    hasItem: true,
    slot: undefined,
    tries,
    turn: delivery.turn + 1,
  })
  if (isOk) {
    delivery.status = "delivered"
    drop(delivery)
    recordSuccess(sim, endpoint, wasWell)
    return
  }
  const pauseMs = pauseAfter({ statusCode: attempt.statusCode, retryAfterMs: null }) ?? 0
  recordFailure(sim, endpoint, wasWell, pauseMs)
  if (delayMs === undefined) {
    delivery.status = "failed"
    drop(delivery)
    tally.failed++
    return
  }
  const nextAt = now + delayMs
  const { due, isByMessage } = plan(nextAt, now)
  delivery.plannedAt = nextAt
  sim.due.put(delivery, due.at)
  if (isByMessage) sendSoon(sim, delivery, nextAt, now)
}

const drop = (delivery: Delivery) => Object.assign(delivery, { dueAt: undefined, isParked: false })

/** A delayed message, in full seconds. Those of a batch are pooled; here each is a tenth of a request. */
export function sendSoon(sim: Sim, delivery: Delivery, at: number, now: number): void {
  const delayMs = Math.max(1, Math.ceil((at - now) / 1000)) * 1000
  sim.usage.sqsRequests += 0.1
  sim.queues.Retry.send(
    [{ message: { ...messageOf(delivery), isMoved: true }, group: delivery.endpoint }],
    now,
    delayMs,
  )
}

/** The write was refused: the message stays where it is until it is visible again. */
export function again(sim: Sim, message: Message, now: number): number {
  const queue = message.turn > 0 || message.isMoved ? sim.queues.Retry : sim.queues.Delivery
  queue.send([{ message, group: message.delivery.endpoint }], now, queue.visibilityMs)
  return now
}
