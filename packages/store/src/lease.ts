import { setTimeout as wait } from "node:timers/promises"
import * as v from "valibot"
import { getItem, updateItem } from "./item.ts"
import { leaseKey } from "./keys.ts"
import type { Table } from "./table.ts"

/** Who does a kind of work for a tenant right now: by what it is done for, an owner and how long that holds. */
const Leases = v.object({
  revision: v.number(),
  held: v.record(v.string(), v.object({ owner: v.string(), until: v.number() })),
})
type Held = v.InferOutput<typeof Leases>["held"]

/** `name`: what the work is done for, such as an endpoint's id; `owner`: who does it. */
export type Lease = { tenant: string; kind: string; name: string; owner: string }

export type Taken =
  | { outcome: "taken" }
  /** Somebody works for that name already. */
  | { outcome: "busy"; owner: string }
  /** The tenant has as much of that work as it may have at once. */
  | { outcome: "full" }

const ATTEMPTS = 10
const BACKOFF_MS = 20

/**
 * Takes a lease on condition that nobody has that name, and that the tenant has fewer than `limit`. A lease that is not
 * released ends by itself: whoever died holds up nobody for longer than `leaseMs`.
 */
export async function take(
  table: Table,
  lease: Lease,
  { limit, leaseMs }: { limit: number; leaseMs: number },
): Promise<Taken> {
  const taken = await change<Taken>(table, lease, (held) => {
    const other = held[lease.name]
    if (other && other.owner !== lease.owner)
      return { result: { outcome: "busy", owner: other.owner } }
    if (!other && Object.keys(held).length >= limit) return { result: { outcome: "full" } }
    const until = table.now() + leaseMs
    return {
      result: { outcome: "taken" },
      held: { ...held, [lease.name]: { owner: lease.owner, until } },
    }
  })
  return taken ?? { outcome: "full" }
}

/** Prolongs a lease that its owner still has, or that nobody has taken meanwhile. */
export const renew = (table: Table, lease: Lease, leaseMs: number): Promise<Taken> =>
  take(table, lease, { limit: Infinity, leaseMs })

/** Gives it back. What is somebody else's by now stays. */
export async function release(table: Table, lease: Lease): Promise<void> {
  await change(table, lease, (held) => {
    if (held[lease.name]?.owner !== lease.owner) return { result: undefined }
    const { [lease.name]: _, ...others } = held
    return { result: undefined, held: others }
  })
}

/** Reads, decides, and writes where nobody wrote meanwhile. Undefined where somebody always did. */
async function change<T>(
  table: Table,
  { tenant, kind }: Lease,
  decide: (held: Held) => { result: T; held?: Held },
): Promise<T | undefined> {
  const key = leaseKey(tenant, kind)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await wait(Math.random() * BACKOFF_MS * 2 ** Math.min(attempt, 4))
    const item = await getItem(table, key, { consistent: true })
    const { revision, held } = item ? v.parse(Leases, item) : { revision: 0, held: {} }
    const now = table.now()
    const valid = Object.entries(held).filter(([, { until }]) => until > now)
    const decided = decide(Object.fromEntries(valid))
    if (!decided.held) return decided.result
    const values = { ":revision": revision + 1, ":held": decided.held }
    const changed = await updateItem(table, key, {
      update: "SET revision = :revision, held = :held",
      condition: item ? "revision = :was" : "attribute_not_exists(pk)",
      values: item ? { ...values, ":was": revision } : values,
    })
    if (changed) return decided.result
  }
  return undefined
}
