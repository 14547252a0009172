import type { QueueName } from "../../infra/facts.ts"
import { allDollars } from "./aws/usage.ts"
import type { Times } from "./engine/times.ts"
import type { Simulation } from "./system/simulation.ts"

/** What a scenario shows. Times in ms, where a name does not say otherwise. */
export type Result = {
  /** Whose load it is, in words. */
  load: string
  settings: string
  events: number
  webhooks: number
  delivered: number
  failed: number
  pending: number
  /** POSTs again of what had arrived, because a write was refused. */
  repeated: number
  latency: Share
  /** The most messages that waited, in each queue. */
  backlog: Record<QueueName, number>
  /** Seconds from the end of the load until every queue was empty. */
  drainedSeconds: number
  concurrency: Record<QueueName, number>
  messagesABatch: Record<QueueName, number>
  mostInstances: number
  dollarsAMillionWebhooks: number
  readUnitsAWebhook: number
  writeUnitsAWebhook: number
  /** Requests to DynamoDB that had to wait, and those that were refused. */
  throttles: number
  refusedWrites: number
  hotKeys: { key: string; share: number; throttles: number }[]
  /** What only this scenario asks. */
  figures: Record<string, number>
}

export type Share = { p50: number; p99: number; most: number }

export const shareOf = (times: Times): Share => ({
  p50: Math.round(times.quantile(0.5)),
  p99: Math.round(times.quantile(0.99)),
  most: Math.round(times.most),
})

const each = <T>(of: (name: QueueName) => T): Record<QueueName, T> => ({
  Ingest: of("Ingest"),
  Delivery: of("Delivery"),
  Retry: of("Retry"),
  Jobs: of("Jobs"),
})

const tenth = (value: number) => Math.round(value * 10) / 10
const hundredth = (value: number) => Math.round(value * 100) / 100
const HOT_KEYS = 4

export function resultOf(
  sim: Simulation,
  about: { load: string; settings: string; endedAt: number; drainedAt: number },
  figures: Result["figures"] = {},
): Result {
  const { tally, queues, sources, usage, table, account } = sim
  const { load, settings, endedAt, drainedAt } = about
  return {
    load,
    settings,
    events: tally.events,
    webhooks: tally.wanted,
    delivered: tally.delivered,
    failed: tally.failed,
    pending: tally.pending,
    repeated: tally.repeated,
    latency: shareOf(tally.firstMs),
    backlog: each((name) => queues[name].mostVisible),
    drainedSeconds: Math.round((drainedAt - endedAt) / 1000),
    concurrency: each((name) => sources[name].mostRunning),
    messagesABatch: each((name) => tenth(sources[name].batchMean)),
    mostInstances: account.mostRunning,
    dollarsAMillionWebhooks: hundredth((allDollars(usage) / tally.wanted) * 1e6),
    readUnitsAWebhook: hundredth(usage.readUnits / tally.wanted),
    writeUnitsAWebhook: hundredth(usage.writeUnits / tally.wanted),
    throttles: table.throttles,
    refusedWrites: tally.refusedWrites + sim.changes.refused,
    hotKeys: table.hottest(HOT_KEYS).map(({ name, share, throttles }) => ({
      key: keyOf(sim, name),
      share: hundredth(share),
      throttles,
    })),
    figures,
  }
}

/** A key as one can read it: ids of tenants and endpoints are random. */
function keyOf({ tenants }: Simulation, name: string): string {
  const [greatest] = tenants
  return name
    .replace(greatest?.id ?? "-", "greatest tenant")
    .replace(/ten_[0-9a-z]+/, "tenant")
    .replace(/ep_[0-9a-z]+/, "endpoint")
}

/** Runs until all queues are empty, and says when that was; then until nothing waits for its next retry either. */
export function drain(sim: Simulation, until: number): number {
  const { agenda, queues, tally } = sim
  const isEmpty = () => Object.values(queues).every(({ backlog }) => backlog === 0)
  while (!isEmpty() && agenda.now < until) agenda.run(agenda.now + SECOND)
  const emptyAt = agenda.now
  while ((tally.pending > 0 || !isEmpty()) && agenda.now < until) agenda.run(agenda.now + MINUTE)
  return emptyAt
}

const SECOND = 1000
const MINUTE = 60 * SECOND
