import { setTimeout as sleep } from "node:timers/promises"
import pMap from "p-map"
import type { Context } from "aws-lambda"
import {
  commonShards,
  isHealthEntry,
  isPullEntry,
  listDue,
  moveDue,
  type DueEntry,
  type DuePage,
} from "@ringback/store/due"
import { tenantOf } from "@ringback/store/item-keys"
import { eachPage } from "@ringback/store/pages"
import { UNCHECKED_AGAIN_MS } from "@ringback/store/pull"
import { onDue, type ReleaseDeps } from "./endpoint/breaker.ts"
import { formatJob } from "./messages/job.ts"
import { sendOne } from "./messages/send.ts"
import { MOST_IN_PLACE, waitBeforeMore } from "./release/pace.ts"
import { sendDue } from "./release/send-due.ts"
import { Turns } from "./release/turns.ts"
import { releaseResources } from "./resources.ts"
import { reasonOf } from "./runtime/log.ts"

const MINUTE_MS = 60_000
const MIN_TIME_LEFT_MS = 10_000
// The share of the time for reading due entries before any of them is sent.
const READING_SHARE = 0.4
const PAGE = 1_000
const SHARDS_AT_ONCE = 4
const PROBES_AT_ONCE = 12
// Deliveries per SQS request. In total, as many requests as the SDK has connections.
const BATCH = 10
const BATCHES_AT_ONCE = 5

/** `group`: one of this many groups of shards, for concurrent runs. All shards if omitted. */
export type ReleaseEvent = { windowMs?: number; group?: number; groups?: number }

/**
 * Runs every minute: deliveries that are due before the next run go to the retry queue, delayed to
 * the second. Probes come first, then all tenants and endpoints in turns.
 */
export function releaseHandler(deps: ReleaseDeps) {
  return async (
    { windowMs = MINUTE_MS, group = 0, groups = 1 }: ReleaseEvent,
    context: Pick<Context, "getRemainingTimeInMillis">,
  ): Promise<{ released: number }> => {
    const until = deps.table.now() + windowMs
    const timeLeft = () => context.getRemainingTimeInMillis() - MIN_TIME_LEFT_MS
    const readingEnds = timeLeft() * (1 - READING_SHARE)
    const shards = commonShards.filter((_, index) => index % groups === group)
    const read = await readDue(deps, shards, until, () => timeLeft() > readingEnds)
    await pMap(read.breakers, (each) => lookSafely(deps, each), { concurrency: PROBES_AT_ONCE })
    const pace = makePace(groups)
    const released = await releaseInTurns(deps, read.turns, pace, () => timeLeft() > 0)
    const dueSince = Math.min(read.turns.dueSince, read.unreadSince)
    const lateSeconds = Math.max(0, (deps.table.now() - dueSince) / 1000)
    deps.metrics?.record("ringback_due_late_seconds", { group: String(group) }, lateSeconds)
    if (released > 0 || lateSeconds > 0) {
      deps.log("release.ended", { group, released, left: read.turns.left, lateSeconds })
    }
    // Thrown after the other work is done, so that it counts as an error of the function.
    if (read.broken.length > 0) throw read.broken[0]
    return { released }
  }
}

type Read = {
  turns: Turns
  /** The endpoints' own entries. */
  breakers: DueEntry[]
  /** The due time of the oldest entries that there was no time to read, epoch ms. */
  unreadSince: number
  broken: unknown[]
}

async function readDue(
  { table }: ReleaseDeps,
  shards: string[],
  until: number,
  hasTime: () => boolean,
): Promise<Read> {
  const read: Read = { turns: new Turns(), breakers: [], unreadSince: Infinity, broken: [] }
  await pMap(
    shards,
    async (shard) => {
      try {
        const readPage = (start?: DuePage["next"]) => listDue(table, shard, until, PAGE, start)
        for await (const { entries, next } of eachPage(readPage)) {
          for (const entry of entries) {
            if (isEndpointEntry(entry)) read.breakers.push(entry)
            else read.turns.add(entry)
          }
          if (next === undefined || hasTime()) continue
          read.unreadSince = Math.min(read.unreadSince, entries.at(-1)?.dueAt ?? Infinity)
          break
        }
      } catch (error) {
        read.broken.push(error)
      }
    },
    { concurrency: SHARDS_AT_ONCE },
  )
  read.turns.sort()
  return read
}

/** Waits until so many more may be sent. */
function makePace(groups: number): (count: number) => Promise<void> {
  const startedAt = performance.now()
  let sent = 0
  return async (count) => {
    const waitMs = waitBeforeMore(sent, performance.now() - startedAt, groups)
    sent += count
    if (waitMs > 0) await sleep(waitMs)
  }
}

async function releaseInTurns(
  deps: ReleaseDeps,
  turns: Turns,
  pace: (count: number) => Promise<void>,
  hasTime: () => boolean,
) {
  let released = 0
  const moves = turns.left > MOST_IN_PLACE
  const lines = Array.from({ length: BATCHES_AT_ONCE }, async () => {
    while (hasTime()) {
      const entries = turns.take(BATCH)
      if (entries.length === 0) return
      await pace(entries.length)
      // Awaited separately: `released +=` would add to the value from before the await.
      const sent = await sendDue(deps, entries, { moves })
      released += sent
    }
  })
  await Promise.all(lines)
  return released
}

const isEndpointEntry = (entry: DueEntry) => isHealthEntry(entry) || isPullEntry(entry)

async function lookSafely(deps: ReleaseDeps, entry: DueEntry): Promise<void> {
  try {
    if (isPullEntry(entry)) await expireUnfetched(deps, entry)
    else await onDue(deps, entry)
  } catch (error) {
    deps.log("probe.failed", { endpointId: entry.endpointId, reason: reasonOf(error) })
  }
}

/**
 * Handles unfetched deliveries of pull endpoints, once a day and when one expires. The job plans the next time: one
 * that is lost must not cost a day, in which deliveries would be deleted without having failed.
 */
async function expireUnfetched({ table, sqs, queues }: ReleaseDeps, entry: DueEntry) {
  const next = { at: table.now() + UNCHECKED_AGAIN_MS, shard: entry.dueShard }
  if (!(await moveDue(table, entry, next))) return
  const { endpointId } = entry
  const job = formatJob({ v: 1, kind: "expire", tenant: tenantOf(entry), endpointId })
  await sendOne(sqs, queues.jobsUrl, job)
}

export const handler = async (event: ReleaseEvent, context: Context) => {
  const deps = await releaseResources()
  return deps.invocation(() => releaseHandler(deps)(event, context))
}
