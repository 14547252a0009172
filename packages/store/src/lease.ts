import { setTimeout as wait } from "node:timers/promises"
import * as v from "valibot"
import { getItem, updateItem } from "./item.ts"
import { leaseKey } from "./item-keys.ts"
import type { Table } from "./table.ts"

/** The current leases of one kind of work for a tenant: by name, with an owner and an expiry. */
const Leases = v.object({
  revision: v.number(),
  held: v.record(v.string(), v.object({ owner: v.string(), until: v.number() })),
})
type Held = v.InferOutput<typeof Leases>["held"]

/** `name`: what the work is for, such as an endpoint's id. `owner`: the holder of the lease. */
export type Lease = { tenant: string; kind: string; name: string; owner: string }

export type Taken =
  | { outcome: "taken" }
  /** Another owner has the lease of that name. */
  | { outcome: "busy"; owner: string }
  /** The tenant has the maximum number of leases of this kind. */
  | { outcome: "full" }

type Limits = { limit: number; among?: { prefix: string; limit: number }; leaseMs: number }

const ATTEMPTS = 10
const BACKOFF_MS = 20

/**
 * Takes a lease on condition that the name is free and that the tenant has fewer than `limit`, and
 * fewer than the limit of `among` whose names begin with its prefix. A lease that is not released
 * expires: an owner that died blocks others for at most `leaseMs`.
 */
export async function take(
  table: Table,
  lease: Lease,
  { limit, among, leaseMs }: Limits,
): Promise<Taken> {
  const taken = await change<Taken>(table, lease, (held) => {
    const other = held[lease.name]
    if (other && other.owner !== lease.owner)
      return { result: { outcome: "busy", owner: other.owner } }
    const names = Object.keys(held)
    const like = among ? names.filter((name) => name.startsWith(among.prefix)) : []
    if (!other && (names.length >= limit || (among && like.length >= among.limit)))
      return { result: { outcome: "full" } }
    const until = table.now() + leaseMs
    return {
      result: { outcome: "taken" },
      held: { ...held, [lease.name]: { owner: lease.owner, until } },
    }
  })
  return taken ?? { outcome: "full" }
}

/** Extends a lease if its owner still has it or nobody has taken it in the meantime. */
export const renew = (table: Table, lease: Lease, leaseMs: number): Promise<Taken> =>
  take(table, lease, { limit: Infinity, leaseMs })

/** Releases a lease. A lease that another owner has taken is kept. */
export async function release(table: Table, lease: Lease): Promise<void> {
  await change(table, lease, (held) => {
    if (held[lease.name]?.owner !== lease.owner) return { result: undefined }
    const { [lease.name]: _, ...others } = held
    return { result: undefined, held: others }
  })
}

/**
 * Reads, decides, and writes if the item did not change in the meantime. Undefined if it changed on
 * every try.
 */
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
