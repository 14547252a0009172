import { setTimeout as sleep } from "node:timers/promises"
import type { Delivery } from "@ringback/store/delivery"
import { parkingShardOf } from "@ringback/store/due"
import * as Health from "@ringback/store/health"
import { factsOf, type DeliveryMessage } from "../messages/delivery.ts"
import { freshReceiver, type DeliverDeps, type Receiver } from "../endpoint/cached-endpoint.ts"

/** What a delivery waits for: a time (epoch ms), the slot that it has taken, or its endpoint that rests. */
export type Wait = { at: number; slot?: number; shard?: string }

export type Applicant = {
  message: DeliveryMessage
  receiver: Receiver
  endpoint: NonNullable<Receiver["endpoint"]>
  delivery: Delivery | undefined
}

const PROBE_LEASE_MS = 60_000
// A slot that is nearer than this is waited for here; a later one is waited for in the table.
const MAX_WAIT_MS = 1_500
// After that a slot has passed: whatever was held up would arrive in one go.
const SLOT_VALID_MS = 5_000

/** Whether the endpoint is to get this now: undefined, or what the delivery has to wait for. */
export async function waitFor(deps: DeliverDeps, applicant: Applicant): Promise<Wait | undefined> {
  const { message, receiver, delivery } = applicant
  const now = deps.table.now()
  if (await isResting(deps, message, receiver)) {
    return { at: now, shard: parkingShardOf(message.endpointId, factsOf(message).ref) }
  }
  // A retry's own time counts the receiver's Retry-After already; what is new is spread behind the pause.
  const { pausedUntil = 0 } = receiver.health
  if (pausedUntil > now && message.turn === 0) return { at: Math.ceil(pausedUntil + spread(deps)) }
  const slot = await slotFor(deps, applicant.endpoint, delivery)
  if (slot - now > MAX_WAIT_MS) return { at: slot, slot }
  if (slot > now) await sleep(slot - now)
  return undefined
}

const PAUSE_SPREAD_MS = 5_000
const spread = ({ random }: DeliverDeps) => random() * PAUSE_SPREAD_MS

async function isResting(
  deps: DeliverDeps,
  { tenant, endpointId, probe }: DeliveryMessage,
  { health }: Receiver,
): Promise<boolean> {
  if (health.state !== "resting") return false
  const fresh = await freshReceiver(deps, tenant, endpointId)
  if (fresh.health.state !== "resting") return false
  return !(probe && (await Health.lease(deps.table, tenant, endpointId, PROBE_LEASE_MS)))
}

async function slotFor(
  { table }: DeliverDeps,
  { tenant, id, rateLimit }: Applicant["endpoint"],
  delivery: Delivery | undefined,
): Promise<number> {
  const now = table.now()
  if (rateLimit === null) return now
  const slot = delivery?.slot
  if (slot !== undefined && Math.abs(now - slot) < SLOT_VALID_MS) return slot
  return Health.takeSlots(table, tenant, id, 1, 1000 / rateLimit)
}
