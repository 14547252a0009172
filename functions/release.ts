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
import { tenantOf } from "@ringback/store/keys"
import { eachPage } from "@ringback/store/pages"
import { WATCH_EVERY_MS } from "@ringback/store/pull"
import { formatDelivery, messageForEntry } from "./messages/delivery.ts"
import { formatJob } from "./messages/job.ts"
import { takeDue } from "./messages/retry-plan.ts"
import { reasonOf } from "./runtime/log.ts"
import { onDue, type ReleaseDeps } from "./endpoint/breaker.ts"
import { releaseResources } from "./resources.ts"
import { sendAll, sendOne } from "./messages/send.ts"

const MINUTE_MS = 60_000
const PAGE = 100
// Together as many requests as the SDK has connections.
const SHARDS_AT_ONCE = 4
const CLAIMS_AT_ONCE = 12
const MIN_TIME_LEFT_MS = 10_000

/** Every minute: what falls due until the next run goes to the retry queue, to the second. */
export function releaseHandler(deps: ReleaseDeps) {
  return async (
    event: { windowMs?: number },
    context: Pick<Context, "getRemainingTimeInMillis">,
  ): Promise<{ released: number }> => {
    const until = deps.table.now() + (event.windowMs ?? MINUTE_MS)
    const hasTime = () => context.getRemainingTimeInMillis() > MIN_TIME_LEFT_MS
    const broken: unknown[] = []
    const release = async (shard: string) => {
      try {
        return await releaseShard(deps, shard, until, hasTime)
      } catch (error) {
        broken.push(error)
        return 0
      }
    }
    const counts = await pMap(commonShards, release, { concurrency: SHARDS_AT_ONCE })
    const released = counts.reduce((sum, count) => sum + count, 0)
    if (released > 0) deps.log("deliveries.released", { released })
    // Said once the others are through, so that it counts as an error of the function.
    if (broken.length > 0) throw broken[0]
    return { released }
  }
}

async function releaseShard(
  deps: ReleaseDeps,
  shard: string,
  until: number,
  hasTime: () => boolean,
): Promise<number> {
  let released = 0
  const read = (start?: DuePage["next"]) => listDue(deps.table, shard, until, PAGE, start)
  for await (const { entries } of eachPage(read)) {
    const own = entries.filter(isEndpointEntry)
    await pMap(own, (each) => lookSafely(deps, each), { concurrency: CLAIMS_AT_ONCE })
    released += await releaseAll(
      deps,
      entries.filter((each) => !isEndpointEntry(each)),
    )
    if (!hasTime()) break
  }
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

/** Once a day, and when something passes: what nobody fetched in time. */
async function expireUnfetched({ table, sqs, queues }: ReleaseDeps, entry: DueEntry) {
  const next = { at: table.now() + WATCH_EVERY_MS, shard: entry.dueShard }
  if (!(await moveDue(table, entry, next))) return
  const { endpointId } = entry
  const job = formatJob({ v: 1, kind: "expire", tenant: tenantOf(entry), endpointId })
  await sendOne(sqs, queues.jobsUrl, job)
}

// Claimed first, then sent: a crash between the two means released again, never lost.
async function releaseAll(deps: ReleaseDeps, entries: DueEntry[]): Promise<number> {
  const { table, sqs, queues } = deps
  const claimed = await pMap(entries, (each) => claimSafely(deps, each), {
    concurrency: CLAIMS_AT_ONCE,
  })
  const now = table.now()
  const messages = entries
    .filter((_, index) => claimed[index])
    .map((entry) => ({
      body: formatDelivery(messageForEntry(entry, now)),
      groupId: entry.endpointId,
      delaySeconds: Math.max(0, Math.ceil((entry.dueAt - now) / 1000)),
    }))
  const failed = await sendAll(sqs, queues.retryUrl, messages)
  return messages.length - failed.size
}

// One that cannot be claimed must not keep back those that have been.
async function claimSafely(deps: ReleaseDeps, entry: DueEntry): Promise<boolean> {
  try {
    return await takeDue(deps.table, entry)
  } catch (error) {
    deps.log("claim.failed", { endpointId: entry.endpointId, reason: reasonOf(error) })
    return false
  }
}

export const handler = async (event: { windowMs?: number }, context: Context) =>
  releaseHandler(await releaseResources())(event, context)
