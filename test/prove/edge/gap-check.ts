import { DEFERRED_SECONDS, MAX_DEFERRALS } from "@ringback/functions/ingest/collector-report"
import type { World } from "./history.ts"
import type { Emitted } from "./pbx.ts"
import { SKEW_BOUND_MS } from "./plan.ts"
import { isWithin, overlapMs, type Span, unite } from "./spans.ts"
import type { Webhook } from "./workers.ts"

const SECOND = 1_000
/** A clock further off than this is worth an alarm, wherever the bound of who covers for whom lies. */
const ALARM_MS = 5 * 60 * SECOND
/** What a gap may cover beyond the truth. */
const BEYOND_MS = 5 * SECOND
// Times are put on the PBX's clock by what is heard of it, and bytes take a while.
const CLOCK_MS = 1 * SECOND
// An idle PBX says nothing between two pings: that it was read so long is not known.
const UNKNOWN_MS = 6 * SECOND
// Ingest waits for what other collectors have read in a gap. A batch may take some of that time.
const WAITED_MS = (MAX_DEFERRALS * DEFERRED_SECONDS - 20) * SECOND

/** (a) What did not arrive lies within a told gap. (b) What is told was a gap. */
export function checkGaps(world: World, lost: Emitted[], gaps: Webhook[]): string[] {
  const told = gaps.map(spanOf)
  const problems = lost
    .filter(({ at }) => !told.some(([from, to]) => from - CLOCK_MS <= at && at <= to + CLOCK_MS))
    .map(
      ({ kind, action, uuid, at }) => `LOST: Out${kind}${action} ${uuid} at ${iso(at)}, in no gap`,
    )
  if (world.plan.skewsMs.every((skewMs) => Math.abs(skewMs) <= SKEW_BOUND_MS))
    problems.push(...told.flatMap((gap) => checkTruth(world, gap)))
  return problems
}

function checkTruth({ reading, machines }: World, [from, to]: Span): string[] {
  const read = machines.flatMap((machine) => {
    // What it read after that, nobody could know: it was frozen, or the queue was away, until the gap was decided.
    const knownUntil = machine.reportedAt.findLast((at) => at <= to + WAITED_MS) ?? 0
    return reading.of(machine).map(([a, b]): Span => [a, Math.min(b, knownUntil)])
  })
  const words = `${iso(from)} to ${iso(to)}`
  const beyondMs = overlapMs([from, to], unite(read))
  if (beyondMs > BEYOND_MS + CLOCK_MS) {
    return [`BEYOND: the gap of ${words} covers ${beyondMs / SECOND} s that were read`]
  }
  // Of a session's edges only what all can know.
  const known = read.map(([a, b]): Span => [a + CLOCK_MS, b - UNKNOWN_MS])
  return isWithin([from, to], unite(known)) ? [`FALSE: the gap of ${words} was none`] : []
}

/** A clock that is too far off for others to go by is named. */
export function checkAlarm({ plan, machines, workers }: World): string[] {
  if (plan.skewsMs.every((skewMs) => Math.abs(skewMs) <= ALARM_MS)) return []
  const lines = [...workers.lines, ...machines.flatMap((machine) => machine.lines)]
  const isNamed = lines.some(({ event, alarm }) => alarm === true && /clock|skew/i.test(event))
  return isNamed ? [] : ["ALARM: a clock is minutes off, and nobody was told"]
}

export const spanOf = ({ data }: Webhook): Span => [
  Date.parse(String(data["from"])),
  Date.parse(String(data["to"])),
]
const iso = (ms: number) => new Date(ms).toISOString()
