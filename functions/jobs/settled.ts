/**
 * After so long nobody works any more with what was read before: what is cached is ten seconds old at most, and whoever works
 * with it has a minute.
 */
export const SETTLED_MS = 75_000
