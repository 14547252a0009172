import { WAKES_FOR_MS, PROBE_EVERY_MS } from "@ringback/functions/endpoint/breaker"
import { MOST_IN_PLACE, waitBeforeMore } from "@ringback/functions/release/pace"
import { Turns } from "@ringback/functions/release/turns"
import { WAKE_LEASE_MS } from "@ringback/store/wake-position"
import type { DueEntry } from "@ringback/store/due"
import { DUE_SHARDS, dueShard } from "@ringback/store/item-keys"
import * as facts from "../../../infra/facts.ts"
import { assumed } from "../aws/assumptions.ts"
import { messageOf, type Delivery } from "./delivery.ts"
import type { Sim } from "./sim.ts"
import type { Endpoint } from "./tenants.ts"
import { put, writeDelivery, writeItem } from "./writes.ts"

// functions/release.ts, once a minute for each group of shards. The turns of tenants and endpoints are the real ones.

const MINUTE = 60_000
const SENDING_MS = (facts.releaseTimeoutSeconds - 10) * 1000
const RESENT_AFTER_MS = 15 * MINUTE
const MOVED_AFTER_MS = MINUTE
const BATCH = 10
const LINES = 5
const CPU_MS = assumed("claimCpuMs")
const REQUESTS_MS = assumed("tableMs") + assumed("sqsMs")
const ENTRY_BYTES = 300
const READ_UNIT_BYTES = 8192
const GIGABYTES = facts.megabytes.release / 1024

export function startRelease(sim: Sim, end: number): void {
  sim.agenda.every(facts.releaseEverySeconds * 1000, end, () => {
    for (const endpoint of sim.watched) lookAfter(sim, endpoint)
    for (let group = 0; group < facts.releaseGroups; group++) releaseGroup(sim, group)
  })
}

function releaseGroup(sim: Sim, group: number): void {
  const { agenda, usage } = sim
  const { now } = agenda
  const until = now + MINUTE
  const turns = new Turns()
  const deliveries = new Map<DueEntry, Delivery>()
  for (let shard = group; shard < DUE_SHARDS; shard += facts.releaseGroups) {
    const due = sim.due.list(shard, until).sort((a, b) => a.dueAt! - b.dueAt!)
    usage.readUnits += Math.max(0.5, (due.length * ENTRY_BYTES) / READ_UNIT_BYTES)
    for (const delivery of due) {
      const entry = entryOf(delivery)
      deliveries.set(entry, delivery)
      turns.add(entry)
    }
  }
  turns.sort()
  const moves = turns.left > MOST_IN_PLACE
  usage.invocations++
  const startedAt = now
  let coreFreeAt = now
  let running = LINES
  let taken = 0
  const line = () => {
    const entries = agenda.now - startedAt < SENDING_MS ? turns.take(BATCH) : []
    if (entries.length === 0) {
      if (--running === 0) usage.gigabyteMs += (agenda.now - startedAt + 20) * GIGABYTES
      return
    }
    const waitMs = waitBeforeMore(taken, agenda.now - startedAt, facts.releaseGroups)
    taken += entries.length
    agenda.after(waitMs, () => send(entries))
  }
  const send = (entries: DueEntry[]) => {
    coreFreeAt = Math.max(coreFreeAt, agenda.now) + entries.length * CPU_MS
    const claimed = entries.flatMap((entry) => claim(sim, deliveries.get(entry)!, moves))
    sendReleased(sim, claimed)
    agenda.at(Math.max(coreFreeAt, agenda.now + REQUESTS_MS), line)
  }
  for (let index = 0; index < LINES; index++) line()
}

const entryOf = ({ endpoint, dueAt, dueShard: shard }: Delivery): DueEntry => ({
  pk: `${endpoint.tenant.id}#D#${shard}`,
  sk: "",
  dueShard: dueShard(shard),
  dueAt: dueAt!,
  endpointId: endpoint.id,
})

/** Claimed before it is sent: due again in a quarter of an hour. */
function claim(sim: Sim, delivery: Delivery, moves: boolean): Claimed[] {
  const { dueAt } = delivery
  const { now } = sim.agenda
  if (dueAt === undefined || delivery.status !== "pending") return []
  const wasSent = delivery.sentFor === dueAt
  if (!moves && now - dueAt < MOVED_AFTER_MS) {
    // A condition that fails is charged like a write.
    if (!writeItem(sim, delivery, now) || wasSent) return []
    delivery.sentFor = dueAt
    return [{ delivery, dueAt }]
  }
  if (!writeDelivery(sim, delivery, "common", now).isWritten) return []
  sim.due.put(delivery, Math.max(now, dueAt) + RESENT_AFTER_MS)
  return wasSent && now - dueAt < RESENT_AFTER_MS ? [] : [{ delivery, dueAt }]
}

type Claimed = { delivery: Delivery; dueAt: number }

function sendReleased(sim: Sim, claimed: Claimed[]): void {
  const { now } = sim.agenda
  if (claimed.length > 0) sim.usage.sqsRequests++
  for (const { delivery, dueAt } of claimed) {
    const delayMs = Math.max(0, Math.ceil((dueAt - now) / 1000)) * 1000
    const message = { ...messageOf(delivery), isMoved: true }
    sim.queues.Retry.send([{ message, group: delivery.endpoint }], now, delayMs)
  }
}

/** `onDue` of the breaker: a probe while it is open, the job `wake` once it is closed. */
function lookAfter(sim: Sim, endpoint: Endpoint): void {
  const { agenda, usage, queues } = sim
  const { health, tenant } = endpoint
  const { now } = agenda
  if (health.dueAt === undefined || health.dueAt > now + MINUTE) return
  usage.readUnits += 1 + endpoint.parking.length / 2
  const shard = sim.dueShards[endpoint.number % sim.dueShards.length]!
  const waiting = firstParked(endpoint)
  if (health.isOpen) {
    put(
      sim,
      [
        [tenant.own, 1],
        [shard, 2],
      ],
      now,
    )
    health.dueAt = now + PROBE_EVERY_MS
    if (!waiting || !writeDelivery(sim, waiting, "common", now).isWritten) return
    takeParked(endpoint)
    sim.due.put(waiting, now + RESENT_AFTER_MS)
    usage.sqsRequests++
    const message = { ...messageOf(waiting), isMoved: true, isProbe: true }
    queues.Retry.send([{ message, group: endpoint }], now)
    return
  }
  if (!waiting && now - health.wokenAt > WAKES_FOR_MS) {
    put(
      sim,
      [
        [tenant.own, 1],
        [shard, 1],
      ],
      now,
    )
    health.dueAt = undefined
    sim.watched.delete(endpoint)
    return
  }
  put(
    sim,
    [
      [tenant.own, 1],
      [shard, 2],
    ],
    now,
  )
  health.dueAt = now + WAKES_FOR_MS
  if (!waiting || (health.wake && health.wake.until > now)) return
  usage.sqsRequests++
  queues.Jobs.send([{ message: { endpoint }, group: tenant.group }], now)
}

export const firstParked = (endpoint: Endpoint): Delivery | undefined => {
  const { parked } = endpoint
  while (parked[endpoint.parkedFrom] && !parked[endpoint.parkedFrom]!.isParked)
    endpoint.parkedFrom++
  return parked[endpoint.parkedFrom]
}

export function takeParked(endpoint: Endpoint): Delivery | undefined {
  const first = firstParked(endpoint)
  if (first) endpoint.parkedFrom++
  return first
}

/** The end of the lease of the job `wake` whose step begins then. */
export const wakeLease = (from: number): number => Math.ceil(from) + WAKE_LEASE_MS
