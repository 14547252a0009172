import * as JobStart from "@ringback/store/job-start"
import {
  formatJob,
  targetOf,
  type Job,
  type StartedJob,
  type Unversioned,
} from "../messages/job.ts"
import { sendOne } from "../messages/send.ts"
import type { Deps } from "./deps.ts"

/** Sends work that takes longer than a request to the jobs queue. */
export const enqueue = (deps: Deps, job: Unversioned<Job>) =>
  sendOne(deps.sqs, deps.queues.jobsUrl, formatJob({ v: 1, ...job }))

// Longer than any pause between two turns of an erasure.
const ERASING_MS = 15 * 60_000

/**
 * Starts work on a resource. It replaces the same work that an earlier request has started. An
 * erasure that is running, or ended a quarter of an hour ago at most, is not started again.
 */
export async function startJob(deps: Deps, job: Unversioned<StartedJob>): Promise<void> {
  const target = targetOf(job)
  const last = await JobStart.latest(deps.table, target)
  const sinceMs = last ? deps.table.now() - last.at : Infinity
  if (job.kind === "erase" && sinceMs >= 0 && sinceMs < ERASING_MS) return
  const start = (last?.number ?? 0) + 1
  await enqueue(deps, { ...job, start })
  await JobStart.note(deps.table, target, start)
}
