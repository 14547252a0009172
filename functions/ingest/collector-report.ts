import { HEARTBEAT_SECONDS } from "@ringback/events/heartbeat"
import type { GapMessage, HeartbeatMessage } from "@ringback/events/message"
import { formatMillis } from "@ringback/events/stamp"
import { claim, type Claim } from "@ringback/store/event"
import * as Gap from "@ringback/store/gap"
import * as Heartbeat from "@ringback/store/heartbeat"
import { hashOf } from "@ringback/store/item-keys"
import { readingsBeside, toPbxTime } from "@ringback/store/pbx-clock"
import type { Source } from "@ringback/store/source"
import { isUnclear, uncovered } from "@ringback/store/spans"
import type { Table } from "@ringback/store/table"
import type { Log } from "../runtime/log.ts"
import type { Received } from "./ingest-outcome.ts"

const MINUTE_MS = 60_000
export const DEFERRED_SECONDS = 30
/**
 * After this many deferrals each connected collector has sent a heartbeat, even if its queue refused
 * one for a minute: a missing one is not expected any more.
 */
export const MAX_DEFERRALS = Math.ceil(HEARTBEAT_SECONDS / DEFERRED_SECONDS) + 2
const UNCOVERABLE = new Set(["oversized", "refused"])
// A collector that has been silent for this long when a gap begins is not waited for.
const RECENT_MS = 10 * MINUTE_MS

type ReportDeps = { table: Table; log: Log }

/**
 * Handles a collector's report: a heartbeat or a gap. `deferrals`: how often the message was
 * deferred. `heardAt`: when the queue received it. A heartbeat's source was just read.
 */
export async function receiveCollectorReport(
  deps: ReportDeps,
  source: Source,
  message: HeartbeatMessage | GapMessage,
  { deferrals, heardAt }: { deferrals: number; heardAt: number },
): Promise<Received> {
  if (message.kind === "gap") return judgeGap(deps, source, message, deferrals)
  if (message.check) return { outcome: "checked" }
  await Heartbeat.record(deps.table, source, message, { isFresh: true, heardAt })
  return { outcome: "heartbeat", isExtra: message.extra === true }
}

// A source has a gap if none of its collectors read it. All times from here on use the PBX's clock:
// see pbx-clock.ts.
async function judgeGap(
  { table, log }: ReportDeps,
  source: Source,
  message: GapMessage,
  deferrals: number,
): Promise<Received> {
  const { gap, collector } = message
  const noted = await Heartbeat.recordGap(table, source, collector, gap)
  if (!noted) return { outcome: "discarded", reason: `${source.id} was deleted` }
  const skewMs = message.skewMs ?? noted.collectors[collector]?.skewMs
  const [from, to] = [toPbxTime(gap.from, skewMs), toPbxTime(gap.to, skewMs)]
  const { near, far } = readingsBeside(noted, collector, skewMs)
  const isRecent = ({ at }: { at: number }) => at > from - RECENT_MS
  const [others, strangers] = [near.filter(isRecent), far.filter(isRecent)]
  const spans = others.flatMap((each) => each.spans)
  // An event that this collector read but could not forward cannot have been forwarded by another one.
  const isLost = UNCOVERABLE.has(gap.reason)
  const left: [number, number][] = isLost ? [[from, to]] : uncovered(from, to, spans)
  // These collectors do not cover the gap, but what they read is on its way and refutes what was
  // inferred.
  const isOpen =
    strangers.length > 0 ||
    others.some(
      (each) =>
        each.knownUntil < to ||
        // What it read of the PBX's end may still be in its spool, and refutes what is inferred.
        each.sentUntil < to ||
        isUnclear(from, to, each.spans),
    )
  if (left.length > 0 && isOpen && !isLost && deferrals < MAX_DEFERRALS)
    return { outcome: "deferred" }
  for (const { collector: other, apartMs } of strangers)
    log("clocks.apart", { alarm: true, source: source.id, collector, other, apartMs })
  await Gap.decide(table, source.tenant, gap.id, left.length === 0, to)
  const claimed = await Promise.all(
    left.map((piece) => claim(table, claimOf(source, message, piece))),
  )
  const accepted = claimed.flatMap((each) =>
    each.outcome === "duplicate"
      ? []
      : [{ tenant: source.tenant, event: each.event, again: each.outcome === "again" }],
  )
  return accepted.length > 0 ? { outcome: "accepted", accepted } : { outcome: "duplicate" }
}

// Two collectors of a PBX that were disconnected together report the same gap, each as its own. One
// event is made for it.
function claimOf(
  { tenant, id: source }: Source,
  { id, receivedAt, gap }: GapMessage,
  [from, to]: [number, number],
): Claim {
  const { reason, inferred } = gap
  const data = { from: formatMillis(from), to: formatMillis(to), reason, inferred }
  return {
    tenant,
    timeNanos: BigInt(to) * 1_000_000n,
    hash: hashOf("gap", source, from, to),
    type: "source.gap",
    source,
    uuid: null,
    message: `${id}/${from}`,
    receivedAt,
    content: { data: JSON.stringify(data) },
  }
}
