import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda"
import { handleBatch, type Verdict } from "./runtime/batch.ts"
import { fanOut, type FanOutDeps } from "./dispatch/fan-out.ts"
import { formatJob, parseJob, type Job, type Place } from "./messages/job.ts"
import { erasePage } from "./jobs/erase.ts"
import { forgetPage } from "./jobs/forget.ts"
import { holdPage } from "./jobs/hold.ts"
import { claimNotice } from "./jobs/notify.ts"
import { recoverPage } from "./jobs/recover.ts"
import { spreadPage } from "./jobs/spread.ts"
import { wakePage } from "./jobs/wake.ts"
import { endWaitingCall } from "./calls/call-events.ts"
import { resources } from "./resources.ts"
import { sendOne } from "./messages/send.ts"

export type JobsDeps = FanOutDeps & { queues: { jobsUrl: string } }

const MIN_TIME_LEFT_MS = 20_000

/** Jobs queue: work in pages. What time does not allow becomes a message of its own, so a crash repeats one page at most. */
export function jobsHandler(deps: JobsDeps) {
  return async (
    event: SQSEvent,
    context: Pick<Context, "getRemainingTimeInMillis">,
  ): Promise<SQSBatchResponse> =>
    handleBatch(event, deps.log, async (record): Promise<Verdict> => {
      const job = parseJob(record.body)
      if (job.kind === "notify") return notify(deps, job)
      if (job.kind === "call") return finishCall(deps, job)
      let place: Place = job.place
      let pages = 0
      let waitMs = 0
      do {
        place = await page(deps, { ...job, place })
        waitMs = Number(place?.["notBefore"] ?? 0) - deps.table.now()
        pages++
      } while (place && waitMs <= 0 && context.getRemainingTimeInMillis() > MIN_TIME_LEFT_MS)
      if (place) {
        const delaySeconds = Math.max(0, Math.ceil(waitMs / 1000))
        const message = { ...formatJob({ ...job, place }), delaySeconds }
        await sendOne(deps.sqs, deps.queues.jobsUrl, message)
      }
      deps.log("job.page", { kind: job.kind, tenant: job.tenant, pages, isDone: !place })
      return "done"
    })
}

async function notify(deps: JobsDeps, job: Extract<Job, { kind: "notify" }>): Promise<Verdict> {
  const accepted = await claimNotice(deps.table, job)
  const [isOut] = accepted ? await fanOut(deps, [accepted]) : [true]
  return isOut ? "done" : "later"
}

async function finishCall(deps: JobsDeps, job: Extract<Job, { kind: "call" }>): Promise<Verdict> {
  const sent = await fanOut(deps, await endWaitingCall(deps, job))
  return sent.every(Boolean) ? "done" : "later"
}

function page(deps: JobsDeps, job: Exclude<Job, { kind: "notify" | "call" }>): Promise<Place> {
  switch (job.kind) {
    case "hold":
      return holdPage(deps.table, job)
    case "spread":
      return spreadPage(deps.table, job)
    case "wake":
      return wakePage(deps.table, job)
    case "erase":
      return erasePage(deps.table, job)
    case "forget":
      return forgetPage(deps.table, job)
    case "recover":
      return recoverPage(deps.table, job)
  }
}

export const handler = async (event: SQSEvent, context: Context) =>
  jobsHandler(await resources())(event, context)
