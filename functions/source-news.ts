import { formatMillis } from "@ringback/events/stamp"
import type { GapMessage, HeartbeatMessage } from "@ringback/events/message"
import { claim } from "@ringback/store/event"
import * as Heartbeat from "@ringback/store/heartbeat"
import { hashOf } from "@ringback/store/keys"
import type { Source } from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import type { Received } from "./receive.ts"

export type SourceNews = { table: Table }

/** What a collector says of itself: that it lives, or that it missed something. */
export async function hearCollector(
  deps: SourceNews,
  source: Source,
  message: HeartbeatMessage | GapMessage,
): Promise<Received> {
  if (message.kind === "gap") return tellGap(deps, source, message)
  await Heartbeat.record(deps.table, source, message)
  return { outcome: "heard" }
}

async function tellGap(
  { table }: SourceNews,
  { tenant, id: source }: Source,
  { id: message, receivedAt, gap }: GapMessage,
): Promise<Received> {
  const data = {
    from: formatMillis(gap.from),
    to: formatMillis(gap.to),
    reason: gap.reason,
    inferred: gap.inferred,
  }
  const claimed = await claim(table, {
    tenant,
    timeNanos: BigInt(gap.to) * 1_000_000n,
    hash: hashOf("gap", source, gap.id),
    type: "source.gap",
    source,
    uuid: null,
    message,
    receivedAt,
    content: { data: JSON.stringify(data) },
  })
  if (claimed.outcome === "duplicate") return { outcome: "duplicate" }
  const again = claimed.outcome === "again"
  return { outcome: "accepted", accepted: { tenant, event: claimed.event, again } }
}
