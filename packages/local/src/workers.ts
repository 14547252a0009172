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
}

/** When the next thing falls due, epoch ms. Beside AWS's schedule this is a laptop's own: it is to sleep until then. */
export async function loadFirstDueAt(): Promise<() => Promise<number>> {
  const { releaseResources } = await import("@ringback/functions/resources")
  const { table } = await releaseResources()
  return () => firstDueAt(table)
}

/** What runs in Lambda, as it runs there. Imported late: it reads its resources from the environment. */
export async function loadHandlers(): Promise<Handlers> {
  const [ingest, deliver, jobs, release] = await Promise.all([
    import("@ringback/functions/ingest"),
    import("@ringback/functions/deliver"),
    import("@ringback/functions/jobs"),
    import("@ringback/functions/release"),
  ])
  return {
    Ingest: ingest.handler,
    Delivery: deliver.handler,
    Retry: deliver.handler,
    Jobs: jobs.handler,
    Release: release.handler,
  }
}

/** The admin API over the same collaborators. */
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
  /** Where it is left out, `release` runs all the time, without a look at what is due. */
  firstDueAt?: () => Promise<number>
  /** The queues end with this process. */
  isSqsOwn?: boolean
  onError: (error: unknown) => void
  /** Every minute on AWS; here oftener, so that after a restart what was in flight goes on soon. */
  releaseEveryMs?: number
}

export type Workers = {
  /** Something was done beside the workers that may fall due soon. */
  noteWork: () => void
  close: () => Promise<void>
}

const OWN_WAIT_SECONDS = 20

// Whatever else there is goes before retries and slow endpoints.
const BUSY_FOR_RETRIES = 0.6

// Where the deliveries of an endpoint that hangs go, all would end at the same moment, and their outcomes fill this process
// for seconds.
const spreadOf = ({ maximumConcurrency }: QueueFacts) => ATTEMPT_LIMIT_MS / maximumConcurrency

/** Polls every queue that has a function, and releases what is due. */
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
    // What is taken in never falls due by itself.
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

// As on AWS: whoever else may work on the same table is not waited for longer.
const LONGEST_SLEEP_MS = 60_000

type ReleaseOptions = Pick<WorkerOptions, "handlers" | "firstDueAt" | "releaseEveryMs" | "onError">

/**
 * Runs `release` one at a time, every few seconds while anything is done that may fall due; where nothing is, when the next thing
 * falls due.
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
    /** Work begins that may make something fall due at any moment until its end. */
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
    while (!signal.aborted) {
      hasWork = atWork > 0
      const context = makeContext(releaseTimeoutSeconds * 1000)
      await handlers.Release({ windowMs: everyMs }, context).catch(onError)
      await wait(everyMs, undefined, { signal }).catch(() => undefined)
      if (!hasWork && firstDueAt && !signal.aborted) await sleepUntilDue(firstDueAt)
    }
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
