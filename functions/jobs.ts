import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda"
import * as JobStart from "@ringback/store/job-start"
import type { Table } from "@ringback/store/table"
import { handleBatch, type Verdict } from "./runtime/batch.ts"
import { fanOut, type FanOutDeps } from "./dispatch/fan-out.ts"
import {
  formatJob,
  parseJob,
  targetOf,
  type Job,
  type JobOf,
  type PagedJob,
} from "./messages/job.ts"
import { erasePage } from "./jobs/erase.ts"
import { expirePage } from "./jobs/expire.ts"
import { forgetPage } from "./jobs/forget.ts"
import { holdPage } from "./jobs/hold.ts"
import { claimNotice } from "./jobs/notify.ts"
import { recoverPage } from "./jobs/recover.ts"
import { makeShares } from "./jobs/shares.ts"
import { spreadPage } from "./jobs/spread.ts"
import { wakePage } from "./jobs/wake.ts"
import { endWaitingCall } from "./calls/call-events.ts"
import { resources } from "./resources.ts"
import { sendOne } from "./messages/send.ts"

export type JobsDeps = FanOutDeps & { queues: { jobsUrl: string; retryUrl: string } }

// A page of events of 1 MB takes half a minute. If the next one did not fit, both would be done again,
// and the job would never end.
const MIN_TIME_LEFT_MS = 20_000
// A job of many pages must not keep the jobs of other tenants waiting: few run at the same time.
const TURN_MS = 2_000

// One machine's queue gives out jobs in the order in which they came, so one tenant's many jobs would
// take all places. Two run, and one more that was put off: the next turn of one of the two is put off
// in return.
const MAX_OF_TENANT = 2
const MAX_PUT_OFF_SECONDS = 60
// These are short, at most one of each runs for an endpoint, and its deliveries depend on them.
const MAX_PUT_OFF_OF_KIND: Partial<Record<Job["kind"], number>> = { hold: 16, spread: 16, wake: 4 }

/**
 * Reads the jobs queue. Jobs work in pages: after two seconds, the rest of a job is sent as a new
 * message, behind the waiting ones. A crash repeats one page at most.
 */
export function jobsHandler(deps: JobsDeps) {
  const shares = makeShares(MAX_OF_TENANT)
  return async (
    event: SQSEvent,
    context: Pick<Context, "getRemainingTimeInMillis">,
  ): Promise<SQSBatchResponse> =>
    handleBatch(event, deps.log, async (record): Promise<Verdict> => {
      const job = parseJob(record.body)
      if (job.kind === "notify") return notify(deps, job)
      if (job.kind === "call") return finishCall(deps, job)
      if (await isReplaced(deps.table, job)) {
        deps.log("job.replaced", { kind: job.kind, tenant: job.tenant })
        return "done"
      }
      const end = shares.begin(job.tenant, job.putOff !== undefined)
      if (!end) return putOff(deps, job)
      try {
        return await takeTurn(deps, job, context)
      } finally {
        end()
      }
    })
}

async function takeTurn(
  deps: JobsDeps,
  { putOff: _, ...job }: PagedJob,
  context: Pick<Context, "getRemainingTimeInMillis">,
): Promise<Verdict> {
  if (job.kind === "erase" && job.start !== undefined)
    await JobStart.note(deps.table, targetOf(job), job.start)
  let next: PagedJob | undefined = job
  let pages = 0
  let waitMs = 0
  const givenMs = context.getRemainingTimeInMillis()
  let leftMs = givenMs
  const isTimeOver = () => givenMs - leftMs >= TURN_MS || leftMs <= MIN_TIME_LEFT_MS
  do {
    next = await runPage(deps, next)
    leftMs = context.getRemainingTimeInMillis()
    waitMs = notBefore(next) - deps.table.now()
    pages++
  } while (next && waitMs <= 0 && !isTimeOver())
  if (next) await sendLater(deps, next, Math.max(0, Math.ceil(waitMs / 1000)))
  // Nothing is left of a tenant but what identifies its late messages.
  else if (job.kind === "erase" && targetOf(job).id === job.tenant)
    await JobStart.forget(deps.table, job.tenant, job.tenant)
  deps.log("job.page", { kind: job.kind, tenant: job.tenant, pages, isDone: !next })
  return "done"
}

const sendLater = (deps: JobsDeps, job: PagedJob, delaySeconds: number) =>
  sendOne(deps.sqs, deps.queues.jobsUrl, { ...formatJob(job), delaySeconds })

/** After one to two seconds, then after twice as long each time, up to a maximum. */
async function putOff(deps: JobsDeps, job: PagedJob): Promise<Verdict> {
  const count = (job.putOff ?? 0) + 1
  const seconds = Math.min(2 ** count, MAX_PUT_OFF_OF_KIND[job.kind] ?? MAX_PUT_OFF_SECONDS)
  const delaySeconds = Math.ceil((seconds * (1 + Math.random())) / 2)
  await sendLater(deps, { ...job, putOff: count }, delaySeconds)
  return "done"
}

/**
 * Whether a later request has started the same work again. An erasure is not replaced: while it is
 * seen to run, no request starts another.
 */
async function isReplaced(table: Table, job: PagedJob): Promise<boolean> {
  if ((job.kind !== "hold" && job.kind !== "spread") || job.start === undefined) return false
  const last = await JobStart.latest(table, targetOf(job))
  return last !== undefined && last.number > job.start
}

async function notify(deps: JobsDeps, job: JobOf<"notify">): Promise<Verdict> {
  const accepted = await claimNotice(deps.table, job)
  const [isOut] = accepted ? await fanOut(deps, [accepted]) : [true]
  return isOut ? "done" : "later"
}

async function finishCall(deps: JobsDeps, job: JobOf<"call">): Promise<Verdict> {
  const sent = await fanOut(deps, await endWaitingCall(deps, job))
  return sent.every(Boolean) ? "done" : "later"
}

/** The job with the place of its next page. Undefined once it is done. */
async function runPage(deps: JobsDeps, job: PagedJob): Promise<PagedJob | undefined> {
  const { table } = deps
  switch (job.kind) {
    case "hold":
      return at(job, await holdPage(table, job, deps.metrics))
    case "spread":
      return at(job, await spreadPage(deps, job))
    case "wake":
      return at(job, await wakePage(deps, job))
    case "erase":
      return at(job, await erasePage(table, job))
    case "expire":
      return at(job, await expirePage(deps, job))
    case "forget":
      return at(job, await forgetPage(table, job))
    case "recover":
      return at(job, await recoverPage(table, job))
  }
}

/** The earliest time of the page, epoch ms. */
function notBefore(job: PagedJob | undefined): number {
  if (job?.kind === "wake") return job.place?.from ?? 0
  return job?.place && "notBefore" in job.place ? (job.place.notBefore ?? 0) : 0
}

const at = <Paged extends PagedJob>(job: Paged, place: Paged["place"]): Paged | undefined =>
  place && { ...job, place }

export const handler = async (event: SQSEvent, context: Context) => {
  const deps = await resources()
  return deps.invocation(() => jobsHandler(deps)(event, context))
}
