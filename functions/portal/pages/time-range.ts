import type { Option } from "../form.ts"

const HOUR_MS = 3600 * 1000
const MINUTE_MS = 60 * 1000

export const WITHIN: Option[] = [
  ["", "Any time"],
  ["1", "Last hour"],
  ["24", "Last day"],
  ["168", "Last week"],
]

/**
 * The start of the filter's time range: `after` unchanged, or `within` hours before now, rounded
 * down to the minute.
 */
export function sinceOf(query: URLSearchParams, now: number): string | undefined {
  const after = query.get("after")
  if (after) return after
  const hours = Number(query.get("within"))
  if (!(hours > 0 && hours < 100_000)) return undefined
  const from = now - hours * HOUR_MS
  return new Date(Math.floor(from / MINUTE_MS) * MINUTE_MS).toISOString()
}
