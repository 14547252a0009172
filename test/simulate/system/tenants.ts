import { encodeBase32 } from "@ringback/events/ids"
import { parkingShards } from "@ringback/store/due"
import {
  deliveryPartition,
  EVENT_SHARDS,
  eventPartition,
  hashOf,
  OPEN_SHARDS,
  openPartition,
  shardsOfEndpoint,
} from "@ringback/store/item-keys"
import { assumed } from "../aws/assumptions.ts"
import type { Partition, Table } from "../aws/partitions.ts"
import type { Group } from "../aws/queue.ts"
import type { Random } from "../engine/random.ts"
import type { Delivery } from "./delivery.ts"

/** An endpoint's item of health, as packages/store/src/health.ts has it. */
export type Health = {
  failures: number
  failingSince: number | undefined
  isOpen: boolean
  /** When the endpoint's own entry is due: a probe, or the job `wake`. */
  dueAt: number | undefined
  wokenAt: number
  leaseUntil: number
  slowAt: number
  pausedUntil: number
  nextFree: number
  wake: { step: number; rate: number; until: number } | undefined
}

export type Tenant = {
  number: number
  id: string
  endpoints: Endpoint[]
  /** When a change of it was last announced. */
  changedAt: number
  /** Where its sources, endpoints and their health are. */
  own: Partition
  events: Partition[]
  /** Of the index `open`: its pending deliveries. */
  pending: Partition[]
  group: Group
}

export type Endpoint = Group & {
  number: number
  id: string
  tenant: Tenant
  rateLimit: number | null
  /** How long its receiver takes, in the median. */
  medianMs: number
  /** It is at the vendor that is away in one of the scenarios. */
  isAtVendor: boolean
  health: Health
  log: Partition[]
  parking: Partition[]
  /** Parked deliveries, the longest waiting first. */
  parked: Delivery[]
  parkedFrom: number
}

export const wellHealth = (): Health => ({
  failures: 0,
  failingSince: undefined,
  isOpen: false,
  dueAt: undefined,
  wokenAt: 0,
  leaseUntil: 0,
  slowAt: -Infinity,
  pausedUntil: 0,
  nextFree: 0,
  wake: undefined,
})

const idOf = (kind: string, number: number) =>
  `${kind}_${encodeBase32(hashOf("simulated", kind, number))}`

const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, i) => make(i))

const SLOW_MS = 3_000
const SPREAD = 0.5

export type TenantOptions = {
  tenants: number
  /** The share of endpoints that are at one vendor. */
  vendorShare?: number
  rateLimit?: number | null
}

/** Tenants with their endpoints: one in the mean, and more of some. */
export function makeTenants(table: Table, random: Random, options: TenantOptions): Tenant[] {
  let endpoints = 0
  return times(options.tenants, (number) => {
    const id = idOf("ten", number)
    const tenant: Tenant = {
      number,
      id,
      endpoints: [],
      changedAt: -Infinity,
      own: table.partition(id),
      events: times(EVENT_SHARDS, (shard) => table.partition(eventPartition(id, shard))),
      pending: times(OPEN_SHARDS, (shard) => table.partition(openPartition(id, "pending", shard))),
      group: { inFlight: 0 },
    }
    const count = endpointCount(random)
    for (let made = 0; made < count; made++)
      tenant.endpoints.push(makeEndpoint(table, random, tenant, endpoints++, options))
    return tenant
  })
}

// One, two or three.
function endpointCount(random: Random): number {
  const more = (assumed("endpointsOfTenant") - 1) / 2
  return 1 + Number(random.is(more * 1.5)) + Number(random.is(more * 0.5))
}

function makeEndpoint(
  table: Table,
  random: Random,
  tenant: Tenant,
  number: number,
  { vendorShare = 0, rateLimit = null }: TenantOptions,
): Endpoint {
  const id = idOf("ep", number)
  const isAtVendor = random.is(vendorShare)
  const isSlow = !isAtVendor && random.is(assumed("slowReceivers"))
  return {
    number,
    id,
    tenant,
    rateLimit,
    medianMs: isSlow ? SLOW_MS : random.lognormal(assumed("receiverMedianMs"), SPREAD),
    isAtVendor,
    health: wellHealth(),
    log: shardsOfEndpoint(id).map((shard) => table.partition(deliveryPartition(tenant.id, shard))),
    parking: parkingShards(id).map((shard) => table.partition(shard)),
    parked: [],
    parkedFrom: 0,
    inFlight: 0,
  }
}
