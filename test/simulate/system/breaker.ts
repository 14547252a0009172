import {
  OPENS_AFTER_FAILURES,
  OPENS_AFTER_MS,
  PROBE_EVERY_MS,
  PROBE_LEASE_MS,
} from "@ringback/functions/endpoint/breaker"
import { SLOW_FOR_MS } from "@ringback/functions/endpoint/slow-endpoints"
import { assumed } from "../aws/assumptions.ts"
import type { Instance } from "../aws/fleet.ts"
import type { Message } from "./delivery.ts"
import type { Sim } from "./sim.ts"
import type { Endpoint } from "./tenants.ts"
import { put, writeDelivery } from "./writes.ts"

// The states of functions/endpoint/breaker.ts, with its own numbers.

const TABLE_MS = assumed("tableMs")
// Endpoint and health, consistently.
const FRESH_UNITS = 2

/** Whether a delivery may be attempted; one that may not is parked. */
export function letsThrough(
  sim: Sim,
  message: Message,
  seemsOpen: boolean,
  now: number,
): { isLet: boolean; tookMs: number } {
  const { endpoint } = message.delivery
  const { health, tenant } = endpoint
  if (!seemsOpen) return { isLet: true, tookMs: 0 }
  sim.usage.readUnits += FRESH_UNITS
  sim.table.read(tenant.own, FRESH_UNITS, now)
  if (!health.isOpen) return { isLet: true, tookMs: TABLE_MS }
  if (message.isProbe) {
    put(sim, [[tenant.own, 1]], now)
    if (health.leaseUntil <= now) {
      health.leaseUntil = now + PROBE_LEASE_MS
      return { isLet: true, tookMs: 2 * TABLE_MS }
    }
  }
  park(sim, message, now)
  return { isLet: false, tookMs: 2 * TABLE_MS }
}

function park(sim: Sim, message: Message, now: number): void {
  const { delivery } = message
  if (!writeDelivery(sim, delivery, "parked", now).isWritten) {
    sim.queues.Retry.send(
      [{ message: { ...message, isMoved: true }, group: delivery.endpoint }],
      now,
      sim.queues.Retry.visibilityMs,
    )
    return
  }
  sim.tally.parked++
  delivery.dueAt = now
  delivery.plannedAt = now
  delivery.isParked = true
  delivery.endpoint.parked.push(delivery)
}

/** Announced first where it was well until now. A process that took it for well reads it again before. */
export function recordFailure(
  sim: Sim,
  endpoint: Endpoint,
  wasWell: boolean,
  pauseMs: number,
): void {
  const { changes, agenda } = sim
  const { health, tenant } = endpoint
  const { now } = agenda
  if (wasWell) {
    sim.usage.readUnits += FRESH_UNITS
    sim.table.read(tenant.own, FRESH_UNITS, now)
    // What cannot be announced is not written; a later failure is.
    if (health.failingSince === undefined && !changes.announce(tenant, now)) return
  }
  put(sim, [[tenant.own, 1]], now)
  health.failures++
  health.failingSince ??= now
  if (pauseMs > 0 && health.pausedUntil < now + pauseMs) {
    put(sim, [[tenant.own, 1]], now)
    health.pausedUntil = now + pauseMs
  }
  const isDue =
    health.failures >= OPENS_AFTER_FAILURES && now - health.failingSince >= OPENS_AFTER_MS
  if (!isDue || health.isOpen || !changes.announce(tenant, now)) return
  put(
    sim,
    [
      [tenant.own, 1],
      [sim.dueShards[endpoint.number % sim.dueShards.length]!, 1],
    ],
    now,
  )
  health.isOpen = true
  health.dueAt = now + PROBE_EVERY_MS
  sim.watched.add(endpoint)
}

/** Nothing is written while all is well, or by a process that does not know of the failures. */
export function recordSuccess(sim: Sim, endpoint: Endpoint, wasWell: boolean): void {
  const { health, tenant } = endpoint
  const { now } = sim.agenda
  if (wasWell || (health.failingSince === undefined && !health.isOpen)) return
  put(sim, [[tenant.own, 1]], now)
  health.failures = 0
  health.failingSince = undefined
  health.leaseUntil = 0
  if (!health.isOpen) return
  health.isOpen = false
  health.slowAt = -Infinity
  health.wake = undefined
  health.wokenAt = now
  health.dueAt = now
}

/** A process that finds an endpoint slow says so, unless another one has just done that. */
export function recordSlow(sim: Sim, endpoint: Endpoint, instance: Instance, at: number): void {
  if (!instance.quickRuns.noteSlow(endpoint.id)) return
  const isNews = (instance.slowUntil.get(endpoint.number) ?? -Infinity) < at
  instance.slowUntil.set(endpoint.number, at + SLOW_FOR_MS)
  if (!isNews) return
  sim.usage.readUnits++
  if (at - endpoint.health.slowAt < SLOW_FOR_MS / 3) return
  if (!sim.changes.announce(endpoint.tenant, at)) return
  put(sim, [[endpoint.tenant.own, 1]], at)
  endpoint.health.slowAt = Math.max(endpoint.health.slowAt, at)
}
