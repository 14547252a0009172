import { intervalWhileSlow, MAX_IN_FLIGHT } from "@ringback/functions/endpoint/slow-share"
import { SLOW_AFTER_MS, SLOW_FOR_MS } from "@ringback/functions/endpoint/slow-endpoints"
import { plan } from "@ringback/functions/messages/retry-transport"
import { assumed } from "../aws/assumptions.ts"
import type { Handle } from "../aws/event-source.ts"
import type { Instance } from "../aws/fleet.ts"
import { IS_OPEN, IS_WELL } from "./changes.ts"
import { letsThrough, recordSlow } from "./breaker.ts"
import type { Message } from "./delivery.ts"
import { meanMs } from "./receivers.ts"
import { again, beginSettling, sendSoon } from "./settle.ts"
import type { Sim } from "./sim.ts"
import type { Endpoint } from "./tenants.ts"
import { charge } from "./units.ts"
import { put, writeDelivery } from "./writes.ts"

const CPU_MS = assumed("deliverCpuMs") / assumed("deliverCores")
const TABLE_MS = assumed("tableMs")
const SQS_MS = assumed("sqsMs")
// The endpoint and its health, eventually consistent.
const RECEIVER_UNITS = 1
// functions/deliver/admission.ts
const MAX_WAIT_MS = 1_500
const SLOT_VALID_MS = 5_000
const PAUSE_SPREAD_MS = 5_000

/** functions/deliver.ts for a batch: its POSTs are made side by side, each followed by its write. */
export const deliver =
  (sim: Sim): Handle<Message> =>
  (batch, instance, startsAt) => {
    const known = batch.map(({ delivery: { endpoint } }) => ({
      number: endpoint.number,
      tenant: endpoint.tenant,
      units: RECEIVER_UNITS,
      look: () => stateOf(endpoint, startsAt),
    }))
    const { isRead } = sim.changes.refresh(instance, known, startsAt)
    const readyAt = startsAt + (isRead ? TABLE_MS : 0) + batch.length * CPU_MS
    let endsAt = readyAt
    for (const message of batch)
      endsAt = Math.max(endsAt, deliverOne(sim, message, instance, readyAt))
    return endsAt
  }

const stateOf = ({ health }: Endpoint, now: number): number => {
  const isWell =
    health.failingSince === undefined &&
    health.dueAt === undefined &&
    now - health.slowAt > SLOW_FOR_MS &&
    health.pausedUntil <= now
  return (isWell ? IS_WELL : 0) | (health.isOpen ? IS_OPEN : 0)
}

function deliverOne(sim: Sim, message: Message, instance: Instance, now: number): number {
  const { delivery } = message
  const { endpoint } = delivery
  const isSlow =
    now - endpoint.health.slowAt < SLOW_FOR_MS ||
    (instance.slowUntil.get(endpoint.number) ?? -Infinity) > now
  if (isSlow && message.turn === 0 && !message.isMoved) {
    // The first attempt at a slow endpoint goes through the retry queue.
    message.isMoved = true
    sim.usage.sqsRequests++
    sim.queues.Retry.send([{ message, group: endpoint }], now)
    return now + SQS_MS
  }
  let at = now
  if (message.turn > 0 || message.isMoved) {
    sim.usage.readUnits++
    at += TABLE_MS
  }
  if (delivery.status !== "pending" || delivery.turn !== message.turn) return at
  const passes = letsThrough(sim, message, (instance.said[endpoint.number]! & IS_OPEN) !== 0, at)
  at += passes.tookMs
  if (!passes.isLet) return at
  const slotAt = slotFor(sim, message, isSlow, at)
  if (slotAt - at > MAX_WAIT_MS) return putOff(sim, message, slotAt, at)
  return post(sim, message, instance, Math.max(at, slotAt))
}

/** When the attempt may be made: after a pause that the endpoint asked for, or at its slot. */
function slotFor(sim: Sim, { delivery, turn }: Message, isSlow: boolean, now: number): number {
  const { endpoint } = delivery
  const { health, rateLimit } = endpoint
  if (health.pausedUntil > now && turn === 0)
    return Math.ceil(health.pausedUntil + sim.random.next() * PAUSE_SPREAD_MS)
  const ownMs = rateLimit === null ? 0 : 1000 / rateLimit
  const intervalMs = Math.max(ownMs, isSlow ? intervalWhileSlow(meanMs(endpoint)) : 0)
  if (intervalMs === 0) return now
  if (delivery.slot !== undefined && Math.abs(now - delivery.slot) < SLOT_VALID_MS) return now
  // A failed condition first, where the line is longer than now.
  const isFree = health.nextFree <= now
  put(sim, [[endpoint.tenant.own, isFree ? 1 : 2]], now)
  const slot = isFree ? now : health.nextFree
  health.nextFree = slot + Math.ceil(intervalMs)
  return slot
}

function putOff(sim: Sim, message: Message, slotAt: number, now: number): number {
  const { delivery } = message
  const { due, isByMessage } = plan(slotAt, now)
  if (!writeDelivery(sim, delivery, "common", now).isWritten) return again(sim, message, now)
  delivery.slot = slotAt
  delivery.plannedAt = slotAt
  sim.due.put(delivery, due.at)
  if (isByMessage) sendSoon(sim, delivery, slotAt, now)
  return now + TABLE_MS
}

function post(sim: Sim, message: Message, instance: Instance, at: number): number {
  const { tally, receivers, usage } = sim
  const { delivery } = message
  const { endpoint } = delivery
  const { ms, ...answer } = receivers.answer(endpoint, at)
  const answeredAt = at + ms
  tally.attempts++
  charge(usage, "delivery")
  if (delivery.tries > 0 && !endpoint.isAtVendor)
    tally.retryLateMs.add(Math.max(0, at - delivery.plannedAt))
  if (ms > SLOW_AFTER_MS) recordSlow(sim, endpoint, instance, at + SLOW_AFTER_MS)
  else instance.quickRuns.noteQuick(endpoint.id)
  const wasWell = (instance.said[endpoint.number]! & IS_WELL) !== 0
  if (answer.error === null && wasWell && !delivery.hasItem) {
    // Most are delivered at once: one write, and nothing else to decide.
    const { isWritten, waitMs } = writeDelivery(sim, delivery, "none", at)
    if (!isWritten) {
      tally.repeated++
      return again(sim, message, answeredAt)
    }
    delivery.status = "delivered"
    tally.deliver(delivery, answeredAt)
    return answeredAt + TABLE_MS + waitMs
  }
  const attempt = { id: "", at, durationMs: ms, responseBody: null, ...answer }
  beginSettling(sim, message, attempt, wasWell, answeredAt)
  return answeredAt + TABLE_MS
}

/** The most POSTs that a slow endpoint has under way at once. */
export const slowShare = MAX_IN_FLIGHT
