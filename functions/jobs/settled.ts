/**
 * After this time no worker uses data that was read before: cached data is ten seconds old at most,
 * and an invocation lasts a minute.
 */
export const SETTLED_MS = 75_000
