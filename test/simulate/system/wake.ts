import { CLAIMS_AT_ONCE } from "@ringback/functions/jobs/wake"
import { answersOf, MAX_RATE, nextRate } from "@ringback/functions/jobs/wake-rate"
import type { Delivery as StoredDelivery } from "@ringback/store/delivery"
import type { Health as StoredHealth } from "@ringback/store/health"
import { assumed } from "../aws/assumptions.ts"
import type { Handle } from "../aws/event-source.ts"
import { messageOf, type Delivery } from "./delivery.ts"
import { firstParked, takeParked, wakeLease } from "./release.ts"
import type { Sim, WakeJob } from "./sim.ts"
import type { Endpoint, Health } from "./tenants.ts"
import { put, writeDelivery } from "./writes.ts"

// functions/jobs/wake.ts: a step of ten seconds for one endpoint. The rates are the real ones, and so is the judgement of a
// step by its answers.

const STEP_MS = 10_000
const SAMPLE = 10
const RESENT_AFTER_MS = 15 * 60_000
const CPU_MS = assumed("claimCpuMs") / assumed("jobsCores")
const TABLE_MS = assumed("tableMs")
const SQS_MS = assumed("sqsMs")

export const wake =
  (sim: Sim): Handle<WakeJob> =>
  (batch, _instance, startsAt) =>
    batch.reduce((at, job) => wakeStep(sim, job, at), startsAt)

function wakeStep(sim: Sim, job: WakeJob, now: number): number {
  const { endpoint, step } = job
  const { health, tenant, rateLimit } = endpoint
  sim.usage.readUnits += 2
  const isTheirs = step ? health.wake?.step !== step.number : (health.wake?.until ?? 0) > now
  if (isTheirs || health.isOpen) {
    if (!isTheirs && step) health.wake = undefined
    return now + TABLE_MS
  }
  const rate = rateOf(rateLimit, health, step)
  const count = Math.max(1, Math.floor((rate * STEP_MS) / 1000))
  const from = Math.ceil(Math.max(now + (count / rate) * 1000, health.pausedUntil))
  put(sim, [[tenant.own, 1]], now)
  const number = step ? step.number + 1 : now
  health.wake = { step: number, rate, until: wakeLease(from) }
  const sent = health.pausedUntil > now ? [] : claimAll(sim, endpoint, count, now)
  const endsAt = now + 3 * TABLE_MS + durationOf(sent.length)
  sent.forEach((delivery, index) => {
    const at = now + (index / rate) * 1000
    const delayMs = Math.max(0, Math.ceil((at - endsAt) / 1000)) * 1000
    delivery.plannedAt = at
    const message = { ...messageOf(delivery), isMoved: true }
    sim.queues.Retry.send([{ message, group: endpoint }], endsAt, delayMs)
  })
  sim.usage.sqsRequests += Math.ceil(sent.length / 10)
  if (!firstParked(endpoint)) {
    health.wake = undefined
    put(sim, [[tenant.own, 1]], now)
    return endsAt
  }
  const next = { endpoint, step: { number, beganAt: now, sample: sampleOf(sent) } }
  sim.usage.sqsRequests++
  sim.queues.Jobs.send([{ message: next, group: tenant.group }], endsAt, Math.max(0, from - endsAt))
  return endsAt
}

const durationOf = (count: number) =>
  Math.max(count * CPU_MS, (count / CLAIMS_AT_ONCE) * TABLE_MS) + (count > 0 ? SQS_MS : 0)

function claimAll(sim: Sim, endpoint: Endpoint, count: number, now: number): Delivery[] {
  const claimed: Delivery[] = []
  while (claimed.length < count) {
    const delivery = firstParked(endpoint)
    if (!delivery) break
    // The claims are spread over the time that the job takes.
    const at = now + durationOf(claimed.length)
    if (!writeDelivery(sim, delivery, "common", at).isWritten) break
    takeParked(endpoint)
    sim.due.put(delivery, at + RESENT_AFTER_MS)
    claimed.push(delivery)
  }
  return claimed
}

function rateOf(rateLimit: number | null, health: Health, step: WakeJob["step"]): number {
  if (!health.wake || !step) return nextRate(rateLimit, undefined)
  const { rate } = health.wake
  const answers = answersOf(step.sample.map(storedOf), storedHealth(health), step.beganAt)
  return nextRate(rateLimit, { rate, answers })
}

const storedOf = ({ endpoint, attempts, turn, tries }: Delivery): StoredDelivery => ({
  pk: endpoint.tenant.id,
  sk: "",
  endpointId: endpoint.id,
  eventId: "",
  eventType: "",
  status: "pending",
  turn,
  attemptCount: attempts.length,
  tries,
  attempts,
  expiresAt: 0,
})

const storedHealth = ({ failures, failingSince, slowAt, pausedUntil }: Health): StoredHealth => ({
  failures,
  pausedUntil,
  slowAt: Math.max(0, slowAt),
  ...(failingSince !== undefined && { failingSince }),
})

function sampleOf(sent: Delivery[]): Delivery[] {
  const half = sent.slice(0, Math.ceil(sent.length / 2))
  const every = Math.ceil(half.length / SAMPLE)
  return half.filter((_, index) => index % every === 0)
}

/** The fastest that one endpoint's parked deliveries are sent, a second. */
export const fastest = MAX_RATE
