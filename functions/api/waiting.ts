import { randomUUID } from "node:crypto"
import * as Lease from "@ringback/store/lease"
import type { Table } from "@ringback/store/table"
import { ProblemError } from "./problem.ts"

/**
 * Work that a request waits for. `most`: how many of a kind a tenant can have at once. `leaseMs`:
 * longer than the work may take. An older lease belongs to a process that died.
 */
const KINDS = {
  TEST: { most: 5, leaseMs: 15_000 },
  COUNT: { most: 5, leaseMs: 30_000 },
  PREVIEW: { most: 5, leaseMs: 30_000 },
  // Fewer than all, so that clients that always wait for messages leave room for the others.
  PULL: { most: 6, leaseMs: 30_000 },
  REPEAT: { most: 4, leaseMs: 5_000 },
  LOOKUP: { most: 4, leaseMs: 5_000 },
}

/** How many requests of all kinds a tenant can have waiting at once. */
export const WAITING_AT_ONCE = 8

/** `name`: what the work is for. It runs once at a time. If omitted, it is not limited by name. */
type Work = { tenant: string; kind: keyof typeof KINDS; name?: string }

type Waited<T> = { ok: true; value: T } | { ok: false; reason: "busy" | "full" }

/**
 * Runs work that a request waits for, if the tenant has fewer waiting requests than it may. The
 * limit holds across all instances. On AWS each waiting request occupies an instance of the API, so
 * that otherwise one tenant could occupy all of them.
 */
export async function tryWaiting<T>(
  table: Table,
  { tenant, kind, name = randomUUID() }: Work,
  run: () => Promise<T>,
): Promise<Waited<T>> {
  const { most, leaseMs } = KINDS[kind]
  const lease = { tenant, kind: "WAIT", name: `${kind}#${name}`, owner: randomUUID() }
  const among = { prefix: `${kind}#`, limit: most }
  const { outcome } = await Lease.take(table, lease, { limit: WAITING_AT_ONCE, among, leaseMs })
  if (outcome !== "taken") return { ok: false, reason: outcome }
  try {
    return { ok: true, value: await run() }
  } finally {
    await Lease.release(table, lease)
  }
}

/** The same for work that is refused if it cannot run. */
export async function waitFor<T>(table: Table, work: Work, run: () => Promise<T>): Promise<T> {
  const waited = await tryWaiting(table, work, run)
  if (waited.ok) return waited.value
  if (waited.reason === "full") throw tooMany(KINDS[work.kind].most, WAITING_AT_ONCE)
  throw new ProblemError(
    "conflict.running",
    "Another request is doing the same for this endpoint: wait until it has ended.",
  )
}

export const tooMany = (limit: number, inAll?: number) => {
  const others = inAll === undefined ? "" : `, and ${inAll} with all other requests that wait`
  return new ProblemError(
    "rate_limit.exceeded",
    `Only ${limit} of these may run at once for a tenant${others}: wait until one has ended.`,
    { headers: { "retry-after": "5" } },
  )
}
