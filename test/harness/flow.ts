import type { SQSClient } from "@aws-sdk/client-sqs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import {
  startCollector,
  type Collector,
  type CollectorOptions,
} from "@ringback/collector/collector"
import { formatSourceToken } from "@ringback/events/token"
import { startAmiServer, type AmiServer } from "@ringback/local/ami-server"
import { pollQueue } from "@ringback/local/event-source"
import { makeContext } from "@ringback/local/lambda"
import { watchProcessorLoad } from "@ringback/local/processor-load"
import { queues, type QueueName } from "../../infra/facts.ts"
import { countedClients, type Counts } from "./counted.ts"
import { startStack, type Stack } from "./stack.ts"
import { handlersOf, makeDeps, type Customer, type Deps } from "./system.ts"

const FUNCTION_OF = {
  Ingest: "ingest",
  Delivery: "deliver",
  Retry: "deliver",
  Jobs: "jobs",
} as const

/** The whole of Ringback but for its API: queues, table, the functions at their queues, `release` every second. */
export type Flow = {
  stack: Stack
  /** As the functions have them; with clients that are not counted. */
  deps: Deps
  /** What each function has asked of AWS. */
  counts: Counts
  close: () => Promise<void>
}

type FlowOptions = {
  /** Instead of the half minute for which ingest puts off what it cannot decide yet. */
  holdSeconds?: number
  /** Where stand-ins for CRMs listen. */
  crmUrls?: Partial<Record<string, string>>
}

export async function startFlow({ holdSeconds, crmUrls = {} }: FlowOptions = {}): Promise<Flow> {
  const stack = await startStack()
  const counts: Counts = {}
  const ended = new AbortController()
  const names = Object.keys(queues) as QueueName[]
  const errors: unknown[] = []
  const hasTime = watchProcessorLoad()
  const clients = ["ingest", "deliver", "jobs", "release", "poller"].map(
    (name) => [name, countedClients(stack, counts, name)] as const,
  )
  const of = Object.fromEntries(clients)
  if (holdSeconds !== undefined) shortenDelays(of["ingest"]!.sqs, holdSeconds)
  const deps = new Map(
    clients.map(([name, mine]) => [name, makeDeps(stack, { clients: mine, crmUrls })]),
  )
  const sources = names.map((name) =>
    pollQueue({
      sqs: of["poller"]!.sqs,
      queueUrl: stack.queues[name].url,
      facts: queues[name],
      handler: handlersOf(deps.get(FUNCTION_OF[name])!)[name],
      onError: (error) => errors.push(error),
      hasTime,
    }),
  )
  const releasing = releaseForEver(deps.get("release")!, ended.signal)
  return {
    stack,
    deps: makeDeps(stack),
    counts,
    async close() {
      ended.abort()
      await Promise.all([...sources.map((each) => each.close()), releasing])
      for (const [, mine] of clients) mine.close()
      await stack.close()
      if (errors.length > 0) throw new AggregateError(errors, "a poller failed")
    },
  }
}

function shortenDelays({ middlewareStack }: SQSClient, DelaySeconds: number): void {
  middlewareStack.add(
    (next) => (args) => {
      if ("DelaySeconds" in args.input) Object.assign(args.input, { DelaySeconds })
      return next(args)
    },
    { step: "initialize", name: "shortenDelays" },
  )
}

async function releaseForEver(deps: Deps, signal: AbortSignal): Promise<void> {
  const { release } = handlersOf(deps)
  while (!signal.aborted) {
    await release({ windowMs: 1000 }, makeContext(60_000))
    await wait(1000, undefined, { signal }).catch(() => undefined)
  }
}

/** A PBX of a test's, and a collector that reads it. */
export type Edge = { pbx: AmiServer; collector: Collector; close: () => Promise<void> }

const account = { username: "collector", secret: "s3cret" }

/** A collector with a spool of its own beside a PBX that says what it is told to. */
export async function startEdge(
  stack: Stack,
  { source }: Customer,
  options: Partial<CollectorOptions> = {},
): Promise<Edge> {
  const pbx = await startAmiServer(account)
  const spoolDir = await mkdtemp(join(tmpdir(), "ringback-edge-"))
  const collector = await startCollector({
    ami: { host: "127.0.0.1", port: pbx.port, ...account },
    sourceToken: formatSourceToken({
      tenant: source.source.tenant,
      source: source.source.id,
      ...source.key,
    }),
    ingestQueueUrl: stack.queues.Ingest.url,
    sqs: stack.sqs,
    spoolDir,
    log: () => {},
    ...options,
  })
  await collector.ready
  return {
    pbx,
    collector,
    async close() {
      await collector.stop()
      pbx.close()
      await rm(spoolDir, { recursive: true })
    },
  }
}
