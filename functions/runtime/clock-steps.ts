const NOTICED_MS = 1_000

/**
 * Returns a function that tells whether the clock was set back since it was last called. Times that
 * were noted before such a step must not be compared with later ones. `monotonic` is in ms, too.
 */
export function watchStepsBack(now: () => number, monotonic: () => number): () => boolean {
  let ahead = now() - monotonic()
  return () => {
    const before = ahead
    ahead = now() - monotonic()
    return ahead < before - NOTICED_MS
  }
}
