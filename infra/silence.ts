import { HEARTBEAT_SECONDS } from "../packages/events/src/heartbeat.ts"

/** A heartbeat may be counted this much later than the one before it: the queue, a batch, the log. */
const SLIP_SECONDS = 3

/**
 * The number of regular heartbeats in a period below which a collector counts as silent, of so many.
 *
 * A collector sends the same number in each period, at fixed times. One that is due in a period's
 * last seconds may be counted in the next, so two missing ones are no silence even of a single
 * collector: three are. With more collectors more of them have such a time. How many do is a matter
 * of chance: the mean of a binomial distribution, and three standard deviations above it are
 * exceeded in one stage of a thousand. Up to 20 collectors, one that is silent triggers the alarm;
 * of 100 it takes three.
 */
export function fewestHeartbeats(collectors: number, periodSeconds: number): number {
  const share = SLIP_SECONDS / HEARTBEAT_SECONDS
  const mean = collectors * share
  const margin = Math.max(2.5, mean + 3 * Math.sqrt(mean * (1 - share)))
  return (collectors * periodSeconds) / HEARTBEAT_SECONDS - margin
}
