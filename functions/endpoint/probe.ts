import type { SQSClient } from "@aws-sdk/client-sqs"
import { listDue, moveDue, parkingShards, tenantOf, type DueEntry } from "@ringback/store/due"
import { deliveryRefOf, dueShardOf } from "@ringback/store/keys"
import * as Health from "@ringback/store/health"
import type { Table } from "@ringback/store/table"
import { PROBE_EVERY_MS } from "./breaker.ts"
import { formatDelivery } from "../messages/delivery.ts"
import { formatJob } from "../messages/job.ts"
import { messageOf, RELEASED_AGAIN_MS } from "../messages/due-message.ts"
import type { Log } from "../runtime/log.ts"
import { sendOne } from "../messages/send.ts"

/** What `release` works with. */
export type ReleaseDeps = {
  table: Table
  sqs: SQSClient
  queues: { retryUrl: string; jobsUrl: string }
  log: Log
}

// A worker that took the endpoint for resting a moment ago may still park something: it lives for a minute at most.
const WAKES_FOR_MS = 2 * 60_000

/** An endpoint's own entry fell due: it rests, and one of what is parked with it is sent as a probe; or it wakes. */
export async function probeOrWake(deps: ReleaseDeps, entry: DueEntry): Promise<void> {
  const { table } = deps
  const tenant = tenantOf(entry)
  const { endpointId } = entry
  const health = await Health.get(table, tenant, endpointId, { consistent: true })
  if (health.state === "resting") return probe(deps, entry)
  const parked = await longestParked(table, endpointId)
  const wokenAt = health.wokenAt ?? 0
  if (!parked && table.now() - wokenAt > WAKES_FOR_MS) {
    await Health.awake(table, tenant, endpointId)
    return
  }
  const again = { at: table.now() + WAKES_FOR_MS, shard: entry.dueShard }
  if (!(await moveDue(table, entry, again)) || !parked) return
  const job = formatJob({ v: 1, kind: "wake", tenant, endpointId })
  await sendOne(deps.sqs, deps.queues.jobsUrl, job)
}

async function probe({ table, sqs, queues }: ReleaseDeps, entry: DueEntry): Promise<void> {
  const now = table.now()
  const next = { at: now + PROBE_EVERY_MS, shard: entry.dueShard }
  if (!(await moveDue(table, entry, next))) return
  const parked = await longestParked(table, entry.endpointId)
  if (!parked) return
  const released = { at: now + RELEASED_AGAIN_MS, shard: dueShardOf(deliveryRefOf(parked)) }
  if (!(await moveDue(table, parked, released))) return
  const body = formatDelivery({ ...messageOf(parked, now), probe: true })
  await sendOne(sqs, queues.retryUrl, { body, groupId: entry.endpointId })
}

async function longestParked(table: Table, endpointId: string): Promise<DueEntry | undefined> {
  const pages = await Promise.all(
    parkingShards(endpointId).map((shard) => listDue(table, shard, Number.MAX_SAFE_INTEGER, 1)),
  )
  const first = pages.flatMap(({ entries }) => entries)
  return first.reduce<DueEntry | undefined>(
    (best, each) => (best && best.dueAt <= each.dueAt ? best : each),
    undefined,
  )
}
