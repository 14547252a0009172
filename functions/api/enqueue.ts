import { formatJob, type Job } from "../messages/job.ts"
import { sendOne } from "../messages/send.ts"
import type { Deps } from "./deps.ts"

type Unversioned<T> = T extends unknown ? Omit<T, "v"> : never

/** Sends work that takes longer than a request to the jobs queue. */
export const enqueue = (deps: Deps, job: Unversioned<Job>) =>
  sendOne(deps.sqs, deps.queues.jobsUrl, formatJob({ v: 1, ...job }))
