import type { Context } from "aws-lambda"
import {
  commonShards,
  isHealthEntry,
  listDue,
  type DueEntry,
  type DuePage,
} from "@ringback/store/due"
import { eachPage } from "@ringback/store/pages"
import { formatDelivery, messageForEntry } from "./messages/delivery.ts"
import { takeDue } from "./messages/retry-plan.ts"
import { reasonOf } from "./runtime/log.ts"
import { onDue, type ReleaseDeps } from "./endpoint/breaker.ts"
import { releaseResources } from "./resources.ts"
import { sendAll } from "./messages/send.ts"
import { sideBySide } from "./runtime/side-by-side.ts"

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
    const counts = await sideBySide(commonShards, SHARDS_AT_ONCE, async (shard) => {
      try {
        return await releaseShard(deps, shard, until, hasTime)
      } catch (error) {
        broken.push(error)
        return 0
      }
    })
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
    const breakers = entries.filter(isHealthEntry)
    await sideBySide(breakers, CLAIMS_AT_ONCE, (each) => probeSafely(deps, each))
    released += await releaseAll(
      deps,
      entries.filter((each) => !isHealthEntry(each)),
    )
    if (!hasTime()) break
  }
  return released
}

async function probeSafely(deps: ReleaseDeps, entry: DueEntry): Promise<void> {
  try {
    await onDue(deps, entry)
  } catch (error) {
    deps.log("probe.failed", { endpointId: entry.endpointId, reason: reasonOf(error) })
  }
}

// Claimed first, then sent: a crash between the two means released again, never lost.
async function releaseAll(deps: ReleaseDeps, entries: DueEntry[]): Promise<number> {
  const { table, sqs, queues } = deps
  const claimed = await sideBySide(entries, CLAIMS_AT_ONCE, (each) => claimSafely(deps, each))
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
