import { HEARTBEAT_SECONDS } from "@ringback/events/heartbeat"
import type { HeartbeatMessage } from "@ringback/events/message"
import { announceChange } from "./changes.ts"
import { updateItem } from "./item.ts"
import { sourceKey } from "./item-keys.ts"
import { IS_LIVE } from "./live-item.ts"
import { get as getSource, type Collector, type Source } from "./source.ts"
import { cutSpans, extendSpans, spansUntil, type Span } from "./spans.ts"
import type { Table } from "./table.ts"

// A collector with a new spool is a new one, so collectors that were silent for a week are removed.
// Beyond a number that no PBX has, the longest silent are removed too: a source's item must not
// grow with whatever a token's holder invents.
const FORGOTTEN_AFTER_MS = 7 * 24 * 3600 * 1000
const MAX_COLLECTORS = 20

/**
 * Records a collector's heartbeat at its source. An older one, or one for a deleted source, changes
 * nothing. `isFresh`: the source was just read consistently, and need not be read again. `heardAt`:
 * when the queue received it, if known.
 */
export async function record(
  table: Table,
  source: Source,
  heartbeat: HeartbeatMessage,
  { isFresh = false, heardAt = table.now() } = {},
): Promise<Source | undefined> {
  const { receivedAt: at, version, run, number, connectedSince } = heartbeat
  const { spoolDepth, spoolAgeSeconds } = heartbeat
  const next = (was: Collector | undefined): Collector | undefined => {
    if (was && !isNewer(heartbeat, heardAt, was)) return undefined
    const skewMs = heartbeat.skewMs ?? was?.skewMs
    const readUntil = readUntilOf(heartbeat)
    return {
      at,
      heardAt,
      ...(run !== undefined && number !== undefined && { run, number }),
      version,
      connectedSince,
      spoolDepth,
      spoolAgeSeconds,
      ...(readUntil !== undefined && { readUntil }),
      ...(skewMs !== undefined && { skewMs }),
      spans: spansAfter(heartbeat, was),
      count: 0,
    }
  }
  return note(table, source, heartbeat.collector, next, isFresh ? source : undefined)
}

// The queue may change the order of heartbeats. A collector numbers those of one run, and runs
// follow one another by the queue's clock. Its own clock may have been set back in between.
function isNewer(
  { run, number = 0, receivedAt: at }: HeartbeatMessage,
  heardAt: number,
  was: Collector,
): boolean {
  if (run !== undefined && run === was.run) return number > (was.number ?? -1)
  if (was.heardAt === undefined || was.heardAt === heardAt) return at > was.at
  return heardAt > was.heardAt
}

// A disconnected collector reads nothing up to now. A connected one has read up to its last
// received data. No time is after that of the heartbeat, unless the clock was set back since.
const readUntilOf = ({ connectedSince, readUntil, receivedAt: at }: HeartbeatMessage) =>
  connectedSince === null || readUntil === undefined ? undefined : Math.min(readUntil, at)

function spansAfter(heartbeat: HeartbeatMessage, was: Collector | undefined): Span[] {
  const { receivedAt: at, connectedSince, readBefore } = heartbeat
  const known = was?.spans ?? []
  const spans = was && at < was.at ? spansUntil(known, at) : known
  if (connectedSince === null) {
    return readBefore
      ? extendSpans(spans, Math.min(readBefore[0], at), Math.min(readBefore[1], at))
      : spans
  }
  // The session of the last heartbeat has had no break since, so its span continues.
  const continued = was?.connectedSince === connectedSince ? spans.at(-1)?.[1] : undefined
  const since = Math.min(connectedSince, continued ?? at, at)
  return extendSpans(spans, since, Math.max(since, readUntilOf(heartbeat) ?? at))
}

/** Records that the collector missed this time span. */
export const recordGap = (
  table: Table,
  source: Source,
  collector: string,
  { from, to, since }: { from: number; to: number; since?: number | undefined },
): Promise<Source | undefined> =>
  note(
    table,
    source,
    collector,
    (was) => was && { ...was, spans: cutSpans(was.spans, from, to, since) },
  )

const TRIES = 8

/**
 * Updates a collector's record on condition that it has not changed since it was read. Returns the
 * resulting source. `fresh`: the source, if it was just read.
 */
async function note(
  table: Table,
  { tenant, id }: Source,
  collector: string,
  change: (was: Collector | undefined) => Collector | undefined,
  fresh?: Source,
): Promise<Source | undefined> {
  for (let tries = 0; tries < TRIES; tries++) {
    const isKnown = fresh !== undefined && tries === 0
    const source = isKnown ? fresh : await getSource(table, tenant, id, { consistent: true })
    if (!source) return undefined
    const was = source.collectors[collector]
    const next = change(was)
    if (!next) return source
    const noted = { ...next, count: (was?.count ?? 0) + 1 }
    if (await write(table, source, collector, was, noted)) {
      return { ...source, collectors: { ...source.collectors, [collector]: noted } }
    }
  }
  throw new Error(`${collector} of ${id} was changed by others ${TRIES} times`)
}

async function write(
  table: Table,
  source: Source,
  collector: string,
  was: Collector | undefined,
  noted: Collector,
): Promise<boolean> {
  const names: Record<string, string> = { "#own": collector, ...(was && { "#count": "count" }) }
  const forgotten = Object.entries(source.collectors)
    .filter(([id]) => id !== collector)
    .sort(([, a], [, b]) => heardAtOf(b) - heardAtOf(a))
    .filter(
      ([, each], rank) =>
        rank >= MAX_COLLECTORS - 1 || heardAtOf(each) < heardAtOf(noted) - FORGOTTEN_AFTER_MS,
    )
    .map(([id], index) => {
      names[`#old${index}`] = id
      return `collectors.#old${index}`
    })
  const removes = forgotten.length > 0 ? ` REMOVE ${forgotten.join(", ")}` : ""
  const isUnchanged = was
    ? "collectors.#own.#count = :count"
    : "attribute_not_exists(collectors.#own)"
  // Cached sources include the number of collectors: a single collector needs no records for a
  // second one. More make no difference. They are not announced, because a token's holder can invent
  // any number of them, and all tenants' changes share one partition.
  const isAlone = Object.keys(source.collectors).length <= 1
  if (!was && isAlone) await announceChange(table, source.tenant)
  const written = await updateItem(table, sourceKey(source.tenant, source.id), {
    update: `SET collectors.#own = :noted${removes}`,
    condition: `${IS_LIVE} AND ${isUnchanged}`,
    names,
    values: { ":noted": noted, ...(was && { ":count": was.count }) },
  })
  return written !== undefined
}

export const SOURCE_STATUSES = ["new", "connected", "disconnected", "silent"] as const
export type SourceStatus = (typeof SOURCE_STATUSES)[number]

export type SourceHealth = {
  status: SourceStatus
  lastSeenAt: number | null
  version: string | null
  spoolAgeSeconds: number | null
}

// A source is silent after two missed heartbeats.
export const SILENT_AFTER_SECONDS = 2 * HEARTBEAT_SECONDS + 30
const SILENT_AFTER_MS = SILENT_AFTER_SECONDS * 1000

// The clocks of collectors may be wrong, so they say nothing about what is silent.
const heardAtOf = ({ heardAt, at }: Collector) => heardAt ?? at

/** The combined status of all collectors of the source: one that reads its PBX is sufficient. */
export function healthOf(source: Source, now: number): SourceHealth {
  const all = Object.values(source.collectors).sort((a, b) => heardAtOf(b) - heardAtOf(a))
  const latest = all[0]
  if (!latest) return { status: "new", lastSeenAt: null, version: null, spoolAgeSeconds: null }
  const alive = all.filter((each) => heardAtOf(each) > now - SILENT_AFTER_MS)
  const isConnected = alive.some((each) => each.connectedSince !== null)
  return {
    status: alive.length === 0 ? "silent" : isConnected ? "connected" : "disconnected",
    lastSeenAt: heardAtOf(latest),
    version: latest.version,
    spoolAgeSeconds: Math.max(
      ...(alive.length > 0 ? alive : [latest]).map((each) => each.spoolAgeSeconds),
    ),
  }
}
