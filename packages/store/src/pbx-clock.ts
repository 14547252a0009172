import type { Collector, Source } from "./source.ts"
import type { Span } from "./spans.ts"

// THE CLOCK OF A SOURCE
//
// The collectors of a source run on hosts whose clocks differ: usually by seconds, sometimes by
// hours. With times of their own clocks, the spans in which they read would not line up, and a gap
// that all of them have could look covered. So they are compared by a clock that all of them know:
// the PBX's, whose time is in its responses to pings. Each heartbeat and each gap contains how far
// the collector's clock is ahead of it (`skewMs`), accurate to half a round trip. A collector's
// times are stored by its own clock, and converted to the PBX's when a gap is judged, by its latest
// report. That also corrects reports from before the first ping response. `source.gap` uses the
// PBX's clock too, as do the times in the PBX's own events.
//
// The maximum difference between two collectors is MAX_APART_MS. A clock with a larger difference
// is wrong and may be set at any moment, which leaves earlier times that match neither clock.
// Beyond the bound no collector covers for another: each gap is reported separately, after the
// longest wait for another's report, and ingest logs the alarm `clocks.apart` with the difference.
// A collector raises its own alarm, `clock.off`, at half of that from its PBX, so no two can be
// beyond the bound unnoticed.
//
// If one of the two reports no skew (a collector of an older version, a PBX that sends no time),
// their clocks count as equal.

export const MAX_APART_MS = 120_000

/** When one collector read, by the PBX's clock. */
export type Reading = {
  collector: string
  /** When it last sent a heartbeat. */
  at: number
  /** The time up to which it is known whether it read. */
  knownUntil: number
  /** When it read its oldest unsent message; the time of the heartbeat if all were sent. */
  sentUntil: number
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

function readingOf(collector: string, state: Collector, skewMs: number | undefined): Reading {
  const apartMs = skewMs === undefined || state.skewMs === undefined ? 0 : state.skewMs - skewMs
  const own = (skewMs ?? 0) + apartMs
  return {
    collector,
    apartMs,
    at: toPbxTime(state.at, own),
    knownUntil: toPbxTime(state.readUntil ?? state.at, own),
    sentUntil: toPbxTime(state.at - state.spoolAgeSeconds * 1000, own),
    spans: state.spans.map(([from, to, isUnexplained]) => [
      toPbxTime(from, own),
      toPbxTime(to, own),
      isUnexplained,
    ]),
  }
}
