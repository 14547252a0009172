import { advance } from "@ringback/store/delivery"
import * as Endpoint from "@ringback/store/endpoint"
import { finishJob, getJob, recoverLease, JOB_LEASE_MS, type RecoverJob } from "@ringback/store/job"
import * as Lease from "@ringback/store/lease"
import type { Table } from "@ringback/store/table"
import type { JobOf, Next } from "../messages/job.ts"
import { recoverablePage } from "../dispatch/recoverable.ts"
import { byRelease } from "../messages/retry-transport.ts"
import { DEFAULT_RATE } from "./default-rate.ts"

/**
 * The next page of undelivered events becomes pending, spread at the endpoint's rate. Each delivery
 * stores the job's id, so a page that is repeated after a crash sends nothing twice.
 */
export async function recoverPage(
  table: Table,
  message: JobOf<"recover">,
): Promise<Next<"recover">> {
  const job = await getJob(table, message.tenant, message.jobId)
  if (!job) return undefined
  const next = await recoverSome(table, job, message)
  // The lease is released when the job is done. Until then no other recovery of the endpoint can
  // start.
  if (next) await Lease.renew(table, recoverLease(job), JOB_LEASE_MS)
  else {
    await finishJob(table, job)
    await Lease.release(table, recoverLease(job))
  }
  return next
}

async function recoverSome(
  table: Table,
  job: RecoverJob,
  { tenant, jobId, place }: JobOf<"recover">,
): Promise<Next<"recover">> {
  const endpoint = await Endpoint.get(table, tenant, job.endpointId, { consistent: true })
  if (!endpoint || endpoint.disabled) return undefined
  const intervalMs = 1000 / (endpoint.rateLimit ?? DEFAULT_RATE)
  const cursor = place?.cursor
  const { missing, next } = await recoverablePage(table, endpoint, job, cursor)
  const todo = missing.filter(({ delivery }) => delivery?.job !== jobId)
  const now = table.now()
  const from = Math.max(now, place?.from ?? now)
  await Promise.all(
    todo.map(({ facts, delivery }, index) => {
      const at = Math.ceil(from + index * intervalMs)
      return advance(table, facts, delivery?.turn ?? 0, {
        status: "pending",
        due: byRelease(at),
        restarts: { job: jobId },
      })
    }),
  )
  if (next === undefined) return undefined
  return { cursor: next, from: Math.ceil(from + todo.length * intervalMs) }
}
