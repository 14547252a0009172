import type { Table } from "@ringback/store/table"

// How late messages with a slot come to this process, on average, by the table that it works on. A
// message that is late alone changes little.
const WEIGHT = 0.2
const lags = new WeakMap<Table["client"], number>()

// A slot older than this has expired. Otherwise a backlog of old slots would be sent all at once.
const VALID_MS = 5_000
// While the queue itself is late, all slots are old when their deliveries come. If they expired,
// each would take another slot and be late again: nothing would ever be sent.
const LAGS = 2
const MOST_VALID_MS = 60_000

/** Whether a delivery may still use its slot (epoch ms). Notes how late it is. */
export function isSlotValid({ client, now }: Pick<Table, "client" | "now">, slot: number): boolean {
  const lateMs = now() - slot
  const known = lags.get(client) ?? 0
  const lagMs = known + WEIGHT * (Math.max(0, lateMs) - known)
  lags.set(client, lagMs)
  return Math.abs(lateMs) < Math.min(Math.max(VALID_MS, LAGS * lagMs), MOST_VALID_MS)
}
