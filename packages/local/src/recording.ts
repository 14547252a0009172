import { randomUUID } from "node:crypto"

/** An event of a playback: when it is sent, in ms from the start, and its wire form. */
export type PlayedEvent = { afterMs: number; text: string }

export type PlaybackSpeed = { minGapMs: number; maxGapMs: number }

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const STAMP = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{1,9})Z/g
const NANOS = 1_000_000_000n
const MS = 1_000_000n

/**
 * A recording as if it happened from `startedAt` (epoch ms) on: new Uuids, the same one for the
 * same thing. Time stamps are shifted with the moments at which the events are sent, in the
 * module's own format. Gaps are kept within `speed`.
 */
export function makePlay(
  recording: string,
  startedAt: number,
  speed: PlaybackSpeed,
): PlayedEvent[] {
  const events = recording.split("\r\n\r\n\r\n").filter((event) => event !== "")
  const moments = toMoments(events, BigInt(startedAt) * MS + randomNanos(), speed)
  const uuids = new Map<string, string>()
  const renew = (uuid: string) => {
    const fresh = uuids.get(uuid) ?? randomUUID()
    uuids.set(uuid, fresh)
    return fresh
  }
  return events.map((event, index) => ({
    afterMs: Number(moments[index]!.said / MS) - startedAt,
    text:
      event
        .replace(UUID, renew)
        .replace(STAMP, (stamp) => formatStamp(move(readStamp(stamp), moments))) + "\r\n\r\n\r\n",
  }))
}

/** When an event happened in the recording, and when it is sent in the playback, in nanoseconds. */
type Moment = { happened: bigint; said: bigint }

// An event happened at its latest time stamp. One without any (or only with old ones) happened
// right after the previous event.
function toMoments(events: string[], start: bigint, speed: PlaybackSpeed): Moment[] {
  const moments: Moment[] = []
  for (const event of events) {
    const before = moments.at(-1)
    const stamps = [...event.matchAll(STAMP)].map(([stamp]) => readStamp(stamp))
    const happened = max([...stamps, before?.happened ?? 0n])
    const gap = before ? happened - before.happened : 0n
    const said = before ? before.said + within(gap, speed) : start
    moments.push({ happened, said })
  }
  return moments
}

// A time stamp keeps its distance to the latest thing that had happened by then, as first reported
// by an event.
function move(stamp: bigint, moments: Moment[]): bigint {
  const latest = max(moments.map(({ happened }) => (happened <= stamp ? happened : 0n)))
  const last = moments.find(({ happened }) => happened === latest) ?? moments[0]!
  return last.said + (stamp - last.happened)
}

const within = (gap: bigint, { minGapMs, maxGapMs }: PlaybackSpeed) =>
  max([BigInt(minGapMs) * MS, gap < BigInt(maxGapMs) * MS ? gap : BigInt(maxGapMs) * MS])

const max = (values: bigint[]) => values.reduce((a, b) => (a > b ? a : b))
const randomNanos = () => BigInt(Math.floor(Math.random() * Number(MS)))

// The fraction is a count of nanoseconds, printed without leading zeros.
function readStamp(stamp: string): bigint {
  const [, seconds, nanos] = new RegExp(STAMP.source).exec(stamp)!
  return BigInt(Date.parse(`${seconds}Z`)) * MS + BigInt(nanos!)
}

function formatStamp(nanos: bigint): string {
  const seconds = new Date(Number(nanos / NANOS) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${nanos % NANOS}Z`
}
