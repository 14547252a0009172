import type { Table } from "@ringback/store/table"

// While the queue is late by a constant time, all slots are old when their deliveries come. They
// must be used all the same: if each took another slot, it would be late again, and nothing would
// ever be sent. What is sent at its slot plus that time keeps the rate.
//
// After a stall or a restart, slots of different ages come at once. They must not be used all at
// once. So what is taken for the queue's lateness is the mean of a past period, which a burst of
// late deliveries does not change while it is being worked on.

const PERIOD_MS = 5_000
const TOLERANCE_MS = 5_000

type Lateness = { beganAt: number; sumMs: number; count: number; usualMs: number }

// How late messages with a slot come to this process, by the table that it works on.
const known = new WeakMap<Table["client"], Lateness>()

/** Whether a delivery may still use its slot (epoch ms). Notes how late it is. */
export function isSlotValid({ client, now }: Pick<Table, "client" | "now">, slot: number): boolean {
  const at = now()
  const lateMs = at - slot
  let period = known.get(client)
  if (!period || at >= period.beganAt + PERIOD_MS) {
    const usualMs = period ? period.sumMs / period.count : 0
    known.set(client, (period = { beganAt: at, sumMs: 0, count: 0, usualMs }))
  }
  period.sumMs += Math.max(0, lateMs)
  period.count++
  return [0, period.usualMs].some((usualMs) => Math.abs(lateMs - usualMs) < TOLERANCE_MS)
}
