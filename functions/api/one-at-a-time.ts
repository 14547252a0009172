import { randomUUID } from "node:crypto"
import * as Lease from "@ringback/store/lease"
import type { Table } from "@ringback/store/table"
import { ProblemError } from "./problem.ts"

/** Work that a request waits for. */
type Work = {
  kind: string
  tenant: string
  /** The resource for which the work runs once at a time. */
  endpointId: string
  /** How many of this kind a tenant can run at once. */
  limit: number
  /** Longer than the work may take. */
  leaseMs: number
}

/**
 * Runs work that a request waits for: once at a time for an endpoint, and a limited number of times
 * for a tenant, across all instances. Otherwise one tenant could occupy every instance of the API.
 */
export async function oneAtATime<T>(table: Table, work: Work, run: () => Promise<T>): Promise<T> {
  const { kind, tenant, endpointId, limit, leaseMs } = work
  const lease = { tenant, kind, name: endpointId, owner: randomUUID() }
  const taken = await Lease.take(table, lease, { limit, leaseMs })
  if (taken.outcome === "busy") {
    throw new ProblemError(
      "conflict.running",
      "Another request is doing the same for this endpoint: wait until it has ended.",
    )
  }
  if (taken.outcome === "full") throw tooMany(limit)
  try {
    return await run()
  } finally {
    await Lease.release(table, lease)
  }
}

export const tooMany = (limit: number) =>
  new ProblemError(
    "rate_limit.exceeded",
    `Only ${limit} of these may run at once for a tenant: wait until one has ended.`,
    {
      headers: { "retry-after": "5" },
    },
  )
