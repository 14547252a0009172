const MIN_MS = 250
const MAX_MS = 30_000

/**
 * How long to wait after so many failures in a row, in ms. `random` is in 0 to 1: collectors must
 * not all retry at the same time.
 */
export function backoffMs(failures: number, random: number): number {
  const ceiling = Math.min(MAX_MS, MIN_MS * 2 ** Math.min(failures, 10))
  return MIN_MS / 2 + random * ceiling
}
