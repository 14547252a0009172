import type { Partition, Table } from "../aws/partitions.ts"
import type { Queue } from "../aws/queue.ts"
import type { Usage } from "../aws/usage.ts"
import type { Agenda } from "../engine/agenda.ts"
import type { Random } from "../engine/random.ts"
import type { Changes } from "./changes.ts"
import type { Message } from "./delivery.ts"
import type { DueIndex } from "./due.ts"
import type { Receivers } from "./receivers.ts"
import type { Tally } from "./tally.ts"
import type { Endpoint, Tenant } from "./tenants.ts"

/** An event on its way from a PBX. */
export type Told = { tenant: Tenant; bornAt: number }

/** A step of the job `wake`. */
export type WakeJob = {
  endpoint: Endpoint
  step?: { number: number; beganAt: number; sample: Message["delivery"][] }
}

/** The whole of a simulated deployment, as its parts see it. */
export type Sim = {
  agenda: Agenda
  random: Random
  table: Table
  usage: Usage
  changes: Changes
  tenants: Tenant[]
  endpoints: Endpoint[]
  receivers: Receivers
  due: DueIndex
  dueShards: Partition[]
  queues: {
    Ingest: Queue<Told>
    Delivery: Queue<Message>
    Retry: Queue<Message>
    Jobs: Queue<WakeJob>
  }
  tally: Tally
  /** Endpoints whose breaker is open or waking: their own entries are in the index. */
  watched: Set<Endpoint>
}
