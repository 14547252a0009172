import type { Collector, Source } from "./source.ts"
import type { Span } from "./spans.ts"

// WHICH CLOCK A SOURCE GOES BY
//
// The collectors of a source run on hosts whose clocks differ: mostly by seconds, now and then by hours. Compared by their
// own clocks, the times at which each of them read would be shifted against each other, and what all of them missed would
// look covered. So they are compared by the one clock that each of them can hear: the PBX's, which is in its answers to
// pings. Each heartbeat and each gap says how far the collector's clock is ahead of it (`skewMs`), known to half a round
// trip. A collector's times are kept by its own clock, and put on the PBX's when a gap is judged, by the latest that it
// said: what it said before the first answer to a ping comes right with it. `source.gap` is told by the PBX's clock too, as
// the times in the PBX's own events are.
//
// The bound between two collectors is MAX_APART_MS. A clock that is further off is out of order and may be set at any
// moment, which leaves times from before that are neither the one's nor the other's. Beyond the bound nobody covers for
// anybody: each gap is told by itself, after the longest wait that there is for another's word, and ingest logs the alarm
// `clocks.apart` with the difference. A collector raises an alarm of its own at half of that from its PBX, `clock.off`, so
// no two can be beyond the bound unnoticed.
//
// Where one of the two says no skew (a collector of an older version, a PBX that tells no time), their clocks count as equal.

export const MAX_APART_MS = 120_000

/** When one collector read, by the PBX's clock. */
export type Reading = {
  collector: string
  /** When it last sent a heartbeat. */
  at: number
  /** The time up to which it is known whether it read. */
  knownUntil: number
  spans: Span[]
  /** How far its clock is ahead of the clock of the collector that it was compared with. */
  apartMs: number
}

// The range of times that an id or a key can contain.
const MAX_MILLIS = 18_446_744_073_709

/** Converts a time of a collector's clock to the PBX's clock. */
export const toPbxTime = (at: number, skewMs = 0) => Math.min(Math.max(at - skewMs, 0), MAX_MILLIS)

/**
 * The readings of all other collectors, as far as their clocks can be compared with this one's.
 * `far`: those beyond the bound.
 */
export function readingsBeside(
  { collectors }: Source,
  collector: string,
  skewMs: number | undefined,
): { near: Reading[]; far: Reading[] } {
  const others = Object.entries(collectors)
    .filter(([id]) => id !== collector)
    .map(([id, each]) => readingOf(id, each, skewMs))
  const isNear = ({ apartMs }: Reading) => Math.abs(apartMs) <= MAX_APART_MS
  return { near: others.filter(isNear), far: others.filter((each) => !isNear(each)) }
}

function readingOf(collector: string, said: Collector, skewMs: number | undefined): Reading {
  const apartMs = skewMs === undefined || said.skewMs === undefined ? 0 : said.skewMs - skewMs
  const own = (skewMs ?? 0) + apartMs
  return {
    collector,
    apartMs,
    at: toPbxTime(said.at, own),
    knownUntil: toPbxTime(said.readUntil ?? said.at, own),
    spans: said.spans.map(([from, to, isUnexplained]) => [
      toPbxTime(from, own),
      toPbxTime(to, own),
      isUnexplained,
    ]),
  }
}
