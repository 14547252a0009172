import type { Delivery } from "@ringback/store/delivery"
import { readWhole } from "@ringback/store/delivery-list"
import {
  claimByMove,
  commonShards,
  isHealthEntry,
  isPullEntry,
  listDue,
  type DueEntry,
  type DuePage,
} from "@ringback/store/due"
import { deliveryRefOf, dueShardOf } from "@ringback/store/item-keys"
import { eachPage } from "@ringback/store/pages"
import { RESENT_AFTER_MS, sentTimeOf } from "../messages/retry-transport.ts"
import { sendDue, type SendDueDeps } from "./send-due.ts"

// A delivery is claimed, and then its message is sent. If the process is killed in between, the
// delivery is sent again 15 minutes later. That is for AWS, where hardly anything is killed. On one
// machine, what was in flight at a kill must go on within a minute of the restart.

const PAGE = 1_000
const READ_AT_ONCE = 100
// `release` claims what is due before its next run.
const CLAIMED_EARLY_MS = 10_000

/**
 * Finds the pending deliveries whose message was for a time before the restart (epoch ms). Call it
 * before anything else reads what is due. The returned function sends those again of which nothing
 * was heard meanwhile, and returns their number. A message that is still in its queue is void once
 * the delivery's turn is over.
 */
export async function findUnfinished(
  deps: SendDueDeps,
  restartedAt: number,
): Promise<() => Promise<number>> {
  const until = restartedAt + CLAIMED_EARLY_MS
  const found: { entry: DueEntry; nextAt: number | undefined }[] = []
  for (const shard of commonShards) {
    const readPage = (start?: DuePage["next"]) =>
      listDue(deps.table, shard, until + RESENT_AFTER_MS, PAGE, start)
    for await (const { entries } of eachPage(readPage)) {
      for (const { entry, delivery } of await withDeliveries(deps, entries)) {
        const sentAt = sentTimeOf(delivery)
        if (sentAt !== undefined && sentAt <= until) found.push({ entry, nextAt: delivery.nextAt })
      }
    }
  }
  return async () => {
    const nextTimes = new Map(found.map(({ entry, nextAt }) => [entry.sk, nextAt]))
    const now = await withDeliveries(
      deps,
      found.map(({ entry }) => entry),
    )
    const isUnchanged = ({ entry, delivery }: Read) =>
      sentTimeOf(delivery) !== undefined &&
      delivery.turn === entry.turn &&
      delivery.nextAt === nextTimes.get(entry.sk)
    const sent = await sendAgain(deps, now.filter(isUnchanged))
    if (found.length > 0) deps.log("release.resent", { found: found.length, sent })
    return sent
  }
}

type Read = { entry: DueEntry; delivery: Delivery }

async function withDeliveries({ table }: SendDueDeps, all: DueEntry[]): Promise<Read[]> {
  const entries = all.filter((each) => !isHealthEntry(each) && !isPullEntry(each))
  const read: Delivery[] = []
  for (let start = 0; start < entries.length; start += READ_AT_ONCE)
    read.push(...(await readWhole(table, entries.slice(start, start + READ_AT_ONCE))))
  const byKey = new Map(read.map((each) => [each.sk, each]))
  return entries.flatMap((entry) => {
    const delivery = byKey.get(entry.sk)
    return delivery ? [{ entry, delivery }] : []
  })
}

// Claimed as it is now: `release` may have moved it meanwhile.
function sendAgain(deps: SendDueDeps, unfinished: Read[]): Promise<number> {
  const { table } = deps
  const entries = unfinished.map(({ entry, delivery }) => {
    const { dueAt = entry.dueAt, dueShard = entry.dueShard } = delivery
    return { ...entry, dueAt, dueShard }
  })
  const claim = async (entry: DueEntry): Promise<boolean> => {
    const place = { at: table.now() + RESENT_AFTER_MS, shard: dueShardOf(deliveryRefOf(entry)) }
    return (await claimByMove(table, entry, place)) !== undefined
  }
  return sendDue(deps, entries, { timeOf: () => table.now(), claim })
}
