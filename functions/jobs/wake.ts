import * as BreakerState from "@ringback/store/breaker-state"
import * as Delivery from "@ringback/store/delivery"
import { readWhole } from "@ringback/store/delivery-list"
import { listDue, parkingShards, type DueEntry } from "@ringback/store/due"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { deliveryKey, parseDeliveryId } from "@ringback/store/item-keys"
import type { Table } from "@ringback/store/table"
import { endWake, isWaking, takeStep } from "@ringback/store/wake-position"
import type { JobOf, Next } from "../messages/job.ts"
import { sendDue, type SendDueDeps } from "../release/send-due.ts"
import { answersOf, MAX_RATE, nextRate } from "./wake-rate.ts"

const STEP_MS = 10_000
/**
 * A claim is three write units. Few at once spread the claims of the fastest step over some seconds;
 * at 25, twenty jobs with a whole core each use up their tenants' partitions (infra/SCALE.md).
 */
export const CLAIMS_AT_ONCE = 4
// Samples are taken from the first half of a step, so that they are attempted before the next step
// begins.
const SAMPLE = 10

type Wake = JobOf<"wake">

/**
 * Sends the parked deliveries of an endpoint for the next ten seconds, the longest waiting first.
 * One job runs per endpoint at a time: a job that finds another one ends.
 */
export async function wakePage(deps: SendDueDeps, job: Wake): Promise<Next<"wake">> {
  const { table } = deps
  const { tenant, endpointId, place } = job
  const now = table.now()
  if (place?.step && place.from > now) return place
  const [endpoint, health] = await Promise.all([
    Endpoint.get(table, tenant, endpointId, { consistent: true }),
    Health.get(table, tenant, endpointId, { consistent: true }),
  ])
  const before = place?.step?.number
  if (before === undefined ? isWaking(health, now) : health.wake?.step !== before) return undefined
  if (BreakerState.isOpen(health)) {
    // The breaker is open again: it was too early. When it closes, another job starts.
    if (before !== undefined) await endWake(table, tenant, endpointId, before)
    return undefined
  }
  const rate = await rateOf(table, job, endpoint, health)
  const count = Math.max(1, Math.floor((rate * STEP_MS) / 1000))
  const { pausedUntil = 0 } = health
  const from = Math.ceil(Math.max(now + (count / rate) * 1000, pausedUntil))
  const number = await takeStep(table, tenant, endpointId, { step: before, rate, at: from })
  if (number === undefined) return undefined
  if (pausedUntil > now) return { from, step: { number, beganAt: from, sample: [] } }

  const { entries, isLast } = await longestParked(table, endpointId, count)
  const times = new Map(entries.map((entry, index) => [entry, now + (index / rate) * 1000]))
  const timeOf = (entry: DueEntry) => times.get(entry)!
  const sent = await sendDue(deps, entries, { timeOf, claimsAtOnce: CLAIMS_AT_ONCE })
  deps.log("wake.step", { endpointId, rate, sent })
  if (!isLast) return { from, step: { number, beganAt: now, sample: sampleOf(entries) } }
  // For a deleted endpoint, only this step has created a health item.
  if (!endpoint && health.state === undefined) await Health.remove(table, tenant, endpointId)
  else await endWake(table, tenant, endpointId, number)
  return undefined
}

async function rateOf(
  table: Table,
  { tenant, place }: Wake,
  endpoint: Endpoint.Endpoint | undefined,
  health: Health.Health,
): Promise<number> {
  // Nothing is posted to this endpoint: the messages lead to held or discarded deliveries.
  if (!endpoint || endpoint.disabled) return MAX_RATE
  const { rate } = health.wake ?? {}
  if (rate === undefined) return nextRate(endpoint.rateLimit, undefined)
  const { step } = place ?? {}
  // Taken over from a job that died. Only its rate is known.
  if (!step) return nextRate(endpoint.rateLimit, { rate, answers: "unclear" })
  const keys = step.sample.flatMap((id) => {
    const ref = parseDeliveryId(id)
    return ref ? [deliveryKey(tenant, ref)] : []
  })
  const sample = await readWhole(table, keys)
  const answers = answersOf(sample, health, step.beganAt)
  return nextRate(endpoint.rateLimit, { rate, answers })
}

// Deliveries are spread over the shards by a hash, so the first of each shard are about the longest
// waiting overall.
async function longestParked(table: Table, endpointId: string, count: number) {
  const shards = parkingShards(endpointId)
  const share = Math.ceil(count / shards.length)
  const pages = await Promise.all(
    shards.map((shard) => listDue(table, shard, Number.MAX_SAFE_INTEGER, share)),
  )
  const found = pages.flatMap((page) => page.entries).sort((a, b) => a.dueAt - b.dueAt)
  const entries = found.slice(0, count)
  const isLast = entries.length === found.length && !pages.some(({ next }) => next)
  return { entries, isLast }
}

function sampleOf(entries: DueEntry[]): string[] {
  const half = entries.slice(0, Math.ceil(entries.length / 2))
  const every = Math.ceil(half.length / SAMPLE)
  return half.filter((_, index) => index % every === 0).map((entry) => Delivery.idOf(entry))
}
