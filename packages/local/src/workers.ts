import type { SQSClient } from "@aws-sdk/client-sqs"
import type { Context } from "aws-lambda"
import { setTimeout as wait } from "node:timers/promises"
import { firstDueAt } from "@ringback/store/due"
import { ATTEMPT_LIMIT_MS } from "@ringback/webhooks/send"
import {
  type QueueFacts,
  type QueueName,
  queues,
  releaseTimeoutSeconds,
} from "../../../infra/facts.ts"
import { pollQueue, type SqsHandler } from "./event-source.ts"
import { makeContext } from "./lambda.ts"
import { watchProcessorLoad } from "./processor-load.ts"
import type { Provisioned } from "./provision.ts"

export type Handlers = Record<QueueName, SqsHandler> & {
  Release: (event: { windowMs: number }, context: Context) => Promise<unknown>
  /** Finds what a killed process left unfinished. The returned function sends it again. */
  findUnfinished?: (restartedAt: number) => Promise<() => Promise<unknown>>
}

/**
 * When the next entry is due, epoch ms. AWS's schedule needs no such value. A laptop uses it to
 * idle until then.
 */
export async function loadFirstDueAt(): Promise<() => Promise<number>> {
  const { releaseResources } = await import("@ringback/functions/resources")
  const { table } = await releaseResources()
  return () => firstDueAt(table)
}

/**
 * The functions as they run in Lambda. Imported late: they read their resources from the
 * environment.
 */
export async function loadHandlers(): Promise<Handlers> {
  const [ingest, deliver, jobs, release, resend, { releaseResources }] = await Promise.all([
    import("@ringback/functions/ingest"),
    import("@ringback/functions/deliver"),
    import("@ringback/functions/jobs"),
    import("@ringback/functions/release"),
    import("@ringback/functions/release/resend"),
    import("@ringback/functions/resources"),
  ])
  return {
    Ingest: ingest.handler,
    Delivery: deliver.handler,
    Retry: deliver.handler,
    Jobs: jobs.handler,
    Release: release.handler,
    findUnfinished: async (restartedAt) =>
      resend.findUnfinished(await releaseResources(), restartedAt),
  }
}

/** The admin API with the same collaborators. */
export async function loadApi() {
  const [{ createApi }, { resources }] = await Promise.all([
    import("@ringback/functions/api/index"),
    import("@ringback/functions/resources"),
  ])
  const deps = await resources()
  return { app: createApi(deps), deps }
}

export type WorkerOptions = {
  sqs: SQSClient
  provisioned: Provisioned
  handlers: Handlers
  /** If omitted, `release` runs all the time, without checking what is due. */
  firstDueAt?: () => Promise<number>
  /** The queues end with this process. */
  isSqsOwn?: boolean
  onError: (error: unknown) => void
  /**
   * Every minute on AWS. Here more often, so that deliveries in flight at a restart continue soon.
   */
  releaseEveryMs?: number
}

export type Workers = {
  /** Something other than the workers may have created an entry that is due soon. */
  noteWork: () => void
  close: () => Promise<void>
}

const OWN_WAIT_SECONDS = 20

// All other work has priority over retries and slow endpoints.
const BUSY_FOR_RETRIES = 0.6

// The deliveries of an endpoint that does not answer would all end at the same moment, and their
// outcomes would occupy this process for seconds.
const spreadOf = ({ maximumConcurrency }: QueueFacts) => ATTEMPT_LIMIT_MS / maximumConcurrency

/** Polls every queue that has a function, and releases due deliveries. */
export function startWorkers({
  sqs,
  provisioned,
  handlers,
  onError,
  ...options
}: WorkerOptions): Workers {
  const hasTime = watchProcessorLoad()
  const releases = releaseWhenDue({ handlers, onError, ...options })
  const noted = (name: QueueName): SqsHandler => {
    // Messages of the ingest queue never create due entries by themselves.
    if (name === "Ingest") return handlers[name]
    return async (event, context) => {
      const end = releases.begin()
      return handlers[name](event, context).finally(end)
    }
  }
  const sources = (Object.keys(queues) as QueueName[]).map((name) =>
    pollQueue({
      sqs,
      queueUrl: provisioned.queues[name].url,
      facts: queues[name],
      handler: noted(name),
      hasTime: () => hasTime(name === "Retry" ? BUSY_FOR_RETRIES : undefined),
      waitSeconds: options.isSqsOwn ? OWN_WAIT_SECONDS : undefined,
      spreadMs: name === "Retry" ? spreadOf(queues[name]) : undefined,
      // The slow endpoints of one tenant must not slow down the queue for the others.
      spreadFrom: queues[name].maximumConcurrency / 2,
      onError,
    }),
  )
  return {
    noteWork: releases.noteWork,
    async close() {
      await Promise.all([...sources.map((source) => source.close()), releases.close()])
    },
  }
}

// As on AWS: other workers on the same table are not waited for any longer.
const LONGEST_SLEEP_MS = 60_000
// By then the queues have given out again what the killed process had received.
const RESENT_AFTER_MS = 30_000

type ReleaseOptions = Pick<WorkerOptions, "handlers" | "firstDueAt" | "releaseEveryMs" | "onError">

/**
 * Runs `release` one at a time: every few seconds while work runs that may create due entries,
 * otherwise when the next entry is due.
 */
function releaseWhenDue({ handlers, firstDueAt, releaseEveryMs, onError }: ReleaseOptions) {
  const everyMs = releaseEveryMs ?? 5000
  const ended = new AbortController()
  let hasWork = false
  let atWork = 0
  let wake: (() => void) | undefined
  const running = runForEver()
  const noteWork = () => {
    hasWork = true
    wake?.()
  }
  return {
    noteWork,
    /** Work starts that may create a due entry at any moment until it ends. */
    begin() {
      atWork++
      noteWork()
      return () => {
        atWork--
        noteWork()
      }
    },
    async close() {
      ended.abort()
      wake?.()
      await running
    },
  }

  async function runForEver() {
    const { signal } = ended
    const resend = await handlers.findUnfinished?.(Date.now()).catch(onError)
    const resending = resend && resendLater(resend, signal)
    while (!signal.aborted) {
      hasWork = atWork > 0
      const context = makeContext(releaseTimeoutSeconds * 1000)
      await handlers.Release({ windowMs: everyMs }, context).catch(onError)
      await wait(everyMs, undefined, { signal }).catch(() => undefined)
      if (!hasWork && firstDueAt && !signal.aborted) await sleepUntilDue(firstDueAt)
    }
    await resending
  }

  async function resendLater(resend: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    await wait(RESENT_AFTER_MS, undefined, { signal }).catch(() => undefined)
    if (!signal.aborted) await resend().catch(onError)
  }

  async function sleepUntilDue(firstDueAt: () => Promise<number>) {
    const dueAt = await firstDueAt().catch((error: unknown) => {
      onError(error)
      return 0
    })
    const sleepMs = Math.min(dueAt - everyMs - Date.now(), LONGEST_SLEEP_MS)
    if (sleepMs <= 0 || hasWork || ended.signal.aborted) return
    const woken = new AbortController()
    wake = () => woken.abort()
    await wait(sleepMs, undefined, { signal: woken.signal }).catch(() => undefined)
    wake = undefined
  }
}
