import { claim } from "@ringback/store/event"
import { hashOf } from "@ringback/store/item-keys"
import type { Table } from "@ringback/store/table"
import type { Accepted } from "../dispatch/fan-out.ts"
import type { JobOf } from "../messages/job.ts"

/**
 * Creates the operational event once, however often it is reported. A repeated report repeats the
 * fan-out.
 */
export async function claimNotice(
  table: Table,
  { tenant, type, at, identity, except, data }: JobOf<"notify">,
): Promise<Accepted | undefined> {
  const hash = hashOf(type, ...identity)
  const claimed = await claim(table, {
    tenant,
    timeNanos: 0n,
    hash,
    type,
    source: null,
    uuid: null,
    message: hash.toString("base64url"),
    receivedAt: at,
    content: { data: JSON.stringify(data), except },
  })
  if (claimed.outcome === "duplicate") return undefined
  return { tenant, event: claimed.event, again: claimed.outcome === "again" }
}
