import { UpdateItemCommand } from "@aws-sdk/client-dynamodb"
import { marshall } from "@aws-sdk/util-dynamodb"
import type { HeartbeatMessage } from "@ringback/events/message"
import { sourceKey } from "./keys.ts"
import type { Collector, Source } from "./source.ts"
import { isConditionFailed, type Table } from "./table.ts"

// A collector with a new spool is a new one; what has been silent for a week is forgotten.
const FORGOTTEN_AFTER_MS = 7 * 24 * 3600 * 1000

/** Notes a collector's heartbeat at its source; an older one, or one of a deleted source, changes nothing. */
export async function record(table: Table, source: Source, heartbeat: HeartbeatMessage) {
  const { receivedAt: at, version, connectedSince, spoolDepth, spoolAgeSeconds } = heartbeat
  const said: Collector = { at, version, connectedSince, spoolDepth, spoolAgeSeconds }
  const names: Record<string, string> = { "#own": heartbeat.collector, "#at": "at" }
  const forgotten = Object.entries(source.collectors)
    .filter(([id, each]) => id !== heartbeat.collector && each.at < at - FORGOTTEN_AFTER_MS)
    .map(([id], index) => {
      names[`#old${index}`] = id
      return `collectors.#old${index}`
    })
  const removes = forgotten.length > 0 ? ` REMOVE ${forgotten.join(", ")}` : ""
  try {
    await table.client.send(
      new UpdateItemCommand({
        TableName: table.name,
        Key: marshall(sourceKey(source.tenant, source.id)),
        UpdateExpression: `SET collectors.#own = :said${removes}`,
        ConditionExpression:
          "attribute_exists(pk) AND attribute_not_exists(deletedAt)" +
          " AND (attribute_not_exists(collectors.#own) OR collectors.#own.#at < :at)",
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: marshall({ ":said": said, ":at": at }),
      }),
    )
  } catch (error) {
    if (!isConditionFailed(error)) throw error
  }
}

export const SOURCE_STATUSES = ["new", "connected", "disconnected", "silent"] as const
export type SourceStatus = (typeof SOURCE_STATUSES)[number]

export type SourceHealth = {
  status: SourceStatus
  lastSeenAt: number | null
  version: string | null
  spoolAgeSeconds: number | null
}

// Collectors speak every 30 s; three missed ones are silence.
const SILENT_AFTER_MS = 100_000

/** What all collectors of the source together say: one that reads its PBX is enough. */
export function healthOf(source: Source, now: number): SourceHealth {
  const all = Object.values(source.collectors).sort((a, b) => b.at - a.at)
  const latest = all[0]
  if (!latest) return { status: "new", lastSeenAt: null, version: null, spoolAgeSeconds: null }
  const alive = all.filter((each) => each.at > now - SILENT_AFTER_MS)
  const isConnected = alive.some((each) => each.connectedSince !== null)
  return {
    status: alive.length === 0 ? "silent" : isConnected ? "connected" : "disconnected",
    lastSeenAt: latest.at,
    version: latest.version,
    spoolAgeSeconds: Math.max(
      ...(alive.length > 0 ? alive : [latest]).map((each) => each.spoolAgeSeconds),
    ),
  }
}
