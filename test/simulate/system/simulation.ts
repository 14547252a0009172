import { DUE_SHARDS, dueShard } from "@ringback/store/item-keys"
import {
  megabytes,
  queues as facts,
  visibilitySeconds,
  type QueueName,
} from "../../../infra/facts.ts"
import { EventSource, type Handle } from "../aws/event-source.ts"
import { Account, Fleet, type Instance } from "../aws/fleet.ts"
import { Table } from "../aws/partitions.ts"
import { Queue } from "../aws/queue.ts"
import { newUsage } from "../aws/usage.ts"
import { Agenda } from "../engine/agenda.ts"
import { makeRandom } from "../engine/random.ts"
import { Changes } from "./changes.ts"
import { deliver } from "./deliver.ts"
import type { Message } from "./delivery.ts"
import { DueIndex } from "./due.ts"
import { ingest } from "./ingest.ts"
import { memoryOf } from "./memory.ts"
import { Receivers } from "./receivers.ts"
import type { Sim, Told, WakeJob } from "./sim.ts"
import { Tally } from "./tally.ts"
import { makeTenants, type TenantOptions } from "./tenants.ts"
import { wake } from "./wake.ts"

/** A deployment's settings, as infra/deployment-settings.ts has them. */
export type Settings = {
  concurrency?: Partial<Record<QueueName, number>>
  warmWriteUnits?: number
  warmReadUnits?: number
  accountConcurrency?: number
}

export type SimulationOptions = TenantOptions & {
  seed: number
  settings?: Settings
  /** The share of batches whose instance dies. */
  deaths?: number
  /** The load was there before: pollers and instances are. */
  isBusy?: boolean
  /** The events a second before, of which the instances remember quick answers. */
  perSecondBefore?: number
}

const workers = { Ingest: "ingest", Delivery: "deliver", Retry: "deliver", Jobs: "jobs" } as const

type Sources = {
  Ingest: EventSource<Told>
  Delivery: EventSource<Message>
  Retry: EventSource<Message>
  Jobs: EventSource<WakeJob>
}

export type Simulation = Sim & { sources: Sources; account: Account; fleets: Fleet[] }

/** A deployment in which nothing has happened yet. */
export function makeSimulation(options: SimulationOptions): Simulation {
  const { seed, settings = {}, deaths, isBusy = false, perSecondBefore } = options
  const agenda = new Agenda()
  const random = makeRandom(seed)
  const usage = newUsage()
  const table = new Table(settings)
  const account = new Account(settings.accountConcurrency)
  const tenants = makeTenants(table, random, options)
  const endpoints = tenants.flatMap((tenant) => tenant.endpoints)
  const queue = <M>(name: QueueName) =>
    new Queue<M>(name, agenda, visibilitySeconds(facts[name]) * 1000)
  const sim: Sim = {
    agenda,
    random,
    table,
    usage,
    changes: new Changes(table, usage),
    tenants,
    endpoints,
    receivers: new Receivers(random),
    due: new DueIndex(),
    dueShards: Array.from({ length: DUE_SHARDS }, (_, shard) => table.partition(dueShard(shard))),
    queues: {
      Ingest: queue<Told>("Ingest"),
      Delivery: queue<Message>("Delivery"),
      Retry: queue<Message>("Retry"),
      Jobs: queue<WakeJob>("Jobs"),
    },
    tally: new Tally(),
    watched: new Set(),
  }
  const concurrencyOf = (name: QueueName) =>
    settings.concurrency?.[name] ?? facts[name].maximumConcurrency
  const fleet = (things: number, remember?: (instance: Instance) => void) =>
    new Fleet(agenda, account, things, isBusy, remember)
  const ingests = fleet(tenants.length)
  // One function reads both queues.
  const load = { perSecond: perSecondBefore ?? 0, instances: concurrencyOf("Delivery") }
  const delivers = fleet(endpoints.length, memoryOf(tenants[0]?.endpoints ?? [], random, load))
  const jobs = fleet(0)
  const source = <M>(queue: Queue<M>, name: QueueName, fleet: Fleet, handle: Handle<M>) =>
    new EventSource<M>({
      agenda,
      random,
      queue,
      fleet,
      usage,
      batchSize: facts[name].batchSize,
      megabytes: megabytes[workers[name]],
      maximumConcurrency: concurrencyOf(name),
      ...(deaths !== undefined && { deaths }),
      isBusy,
      handle,
    })
  const handleDelivery = deliver(sim)
  const sources = {
    Ingest: source(sim.queues.Ingest, "Ingest", ingests, ingest(sim)),
    Delivery: source(sim.queues.Delivery, "Delivery", delivers, handleDelivery),
    Retry: source(sim.queues.Retry, "Retry", delivers, handleDelivery),
    Jobs: source(sim.queues.Jobs, "Jobs", jobs, wake(sim)),
  }
  return { ...sim, sources, account, fleets: [ingests, delivers, jobs] }
}
