import type { SQSClient } from "@aws-sdk/client-sqs"
import type { Context } from "aws-lambda"
import { setTimeout as wait } from "node:timers/promises"
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
  onError: (error: unknown) => void
  /** Every minute on AWS; here oftener, so that after a restart what was in flight goes on soon. */
  releaseEveryMs?: number
}

export type Workers = { close: () => Promise<void> }

// Whatever else there is goes before retries and slow endpoints.
const BUSY_FOR_RETRIES = 0.6

// Where the deliveries of an endpoint that hangs go, all would end at the same moment, and their outcomes fill this process
// for seconds.
const spreadOf = ({ maximumConcurrency }: QueueFacts) => ATTEMPT_LIMIT_MS / maximumConcurrency

/** Polls every queue that has a function, and releases what is due. */
export function startWorkers({ sqs, provisioned, handlers, onError, ...options }: WorkerOptions) {
  const load = watchProcessorLoad()
  const sources = (Object.keys(queues) as QueueName[]).map((name) =>
    pollQueue({
      sqs,
      queueUrl: provisioned.queues[name].url,
      facts: queues[name],
      handler: handlers[name],
      hasTime: () => load.hasTime(name === "Retry" ? BUSY_FOR_RETRIES : undefined),
      spreadMs: name === "Retry" ? spreadOf(queues[name]) : undefined,
      onError,
    }),
  )
  const everyMs = options.releaseEveryMs ?? 5000
  const ended = new AbortController()
  const releasing = releaseForEver()
  return {
    async close() {
      ended.abort()
      load.close()
      await Promise.all([...sources.map((source) => source.close()), releasing])
    },
  }

  // One at a time: the next begins a while after the last has ended.
  async function releaseForEver() {
    while (!ended.signal.aborted) {
      const context = makeContext(releaseTimeoutSeconds * 1000)
      await handlers.Release({ windowMs: everyMs }, context).catch(onError)
      await wait(everyMs, undefined, { signal: ended.signal }).catch(() => undefined)
    }
  }
}
