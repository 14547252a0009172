/**
 * Deliveries that all groups together send per second. The claim of a large backlog is three write
 * units, two of them in its shard's partition of the index: without a limit it would use up the
 * table that ingest writes to, and would wait in the retry queue in front of what is due later.
 */
export const MAX_PER_SECOND = 2_400
/**
 * With more than this due, a run moves the entries that it claims. Otherwise the next run would read
 * those again whose attempts have not ended, and spend its time on them.
 */
export const MOST_IN_PLACE = 1_000
/** So much of a run is sent without a delay. */
const BURST_SECONDS = 0.25

/**
 * How long a run, one of this many side by side, waits before it sends more. `sent`: what it has
 * sent since it began to, `elapsedMs` ago.
 */
export function waitBeforeMore(sent: number, elapsedMs: number, groups: number): number {
  const perSecond = MAX_PER_SECOND / groups
  return Math.max(0, (sent / perSecond - BURST_SECONDS) * 1000 - elapsedMs)
}
