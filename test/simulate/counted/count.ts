import { randomUUID } from "node:crypto"
import pMap from "p-map"
import type { QueryCommandOutput } from "@aws-sdk/client-dynamodb"
import { erasePage } from "@ringback/functions/jobs/erase"
import { recoverPage } from "@ringback/functions/jobs/recover"
import type { JobOf } from "@ringback/functions/messages/job"
import type { DynamodbKind } from "@ringback/local/engines"
import * as Delivery from "@ringback/store/delivery"
import { factsOfEvent } from "@ringback/store/delivery-facts"
import * as Event from "@ringback/store/event"
import { createJob } from "@ringback/store/job"
import { hashOf } from "@ringback/store/item-keys"
import { packHeaders } from "@ringback/store/pack"
import { meteredClients, newMeter } from "../../infra/cost/meter.ts"
import { makeDeps } from "../../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../../harness/world.ts"

// The jobs whose pages are too slow to be run a million times: here they run for real, on the embedded engines.

/** For the whole of a job. `bytes`: of the events that it went through. */
export type JobCount = {
  events: number
  bytes: number
  pages: number
  readUnits: number
  writeUnits: number
  queries: number
  itemsRead: number
  /** Requests that waited for the one before. */
  rounds: number
  /** Of this process; the table's engine has one of its own, where it is dynoxide. */
  cpuMs: number
}

const HOUR = 3_600_000
const AT_ONCE = 40
/** One delivery in so many has failed. */
const FAILED_IN = 10

/** A tenant's events of an hour with a delivery each, one in ten of them failed. */
async function addEvents(world: World, endpointId: string, count: number) {
  const { table } = world.deps
  const { tenant, source } = world.customer
  const from = world.now() - HOUR
  let bytes = 0
  await pMap(
    [...Array(count).keys()],
    async (index) => {
      const receivedAt = from + Math.floor((index / count) * HOUR)
      const { event } = await Event.claim(table, {
        tenant,
        timeNanos: BigInt(receivedAt) * 1_000_000n,
        hash: hashOf("counted", index),
        type: "campaign.updated",
        source: source.source.id,
        uuid: `c-${index}`,
        message: "m".repeat(22),
        receivedAt,
        content: packHeaders(campaignUpdate(randomUUID(), receivedAt)),
      })
      if (!event) throw new Error("the event was there already")
      bytes += sizeOf(event)
      const status = index % FAILED_IN === 0 ? "failed" : "delivered"
      await Delivery.advance(table, factsOfEvent(tenant, event, endpointId), 0, { status })
    },
    { concurrency: AT_ONCE },
  )
  return { from, bytes }
}

/** About what DynamoDB counts: names and values. */
const sizeOf = (event: Event.StoredEvent) =>
  Object.entries(event).reduce(
    (sum, [name, value]) =>
      sum + name.length + (value instanceof Uint8Array ? value.length : String(value ?? "").length),
    0,
  )

async function counting(
  world: World,
  events: { events: number; bytes: number },
  work: (deps: ReturnType<typeof makeDeps>) => Promise<number>,
): Promise<JobCount> {
  const meter = newMeter()
  const clients = meteredClients(world.stack, meter)
  const read = { queries: 0, items: 0 }
  let [underWay, rounds] = [0, 0]
  clients.dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (underWay++ === 0) rounds++
        const result = await next(args).finally(() => underWay--)
        if (commandName === "QueryCommand") {
          read.queries++
          read.items += (result.output as QueryCommandOutput).ScannedCount ?? 0
        }
        return result
      },
    { step: "initialize", name: "items" },
  )
  const deps = makeDeps(world.stack, { now: world.now, clients })
  const before = process.cpuUsage()
  const pages = await work(deps)
  const { user, system } = process.cpuUsage(before)
  clients.close()
  return {
    ...events,
    pages,
    readUnits: meter.readUnits,
    writeUnits: meter.writeUnits,
    queries: read.queries,
    itemsRead: read.items,
    rounds,
    cpuMs: Math.round((user + system) / 1000),
  }
}

/** A recovery of an hour in which one delivery in ten had failed. */
export async function countRecover(events: number, kind?: DynamodbKind): Promise<JobCount> {
  const world = await startWorld({}, kind)
  try {
    const { id } = await world.addEndpoint()
    const { from, bytes } = await addEvents(world, id, events)
    const { tenant } = world.customer
    const job = await createJob(world.deps.table, {
      tenant,
      endpointId: id,
      since: from,
      until: world.now(),
      statuses: ["failed", "held"],
    })
    return await counting(world, { events, bytes }, async ({ table }) => {
      let message: JobOf<"recover"> = { v: 1, kind: "recover", tenant, jobId: job.id }
      for (let pages = 1; ; pages++) {
        const place = await recoverPage(table, message)
        if (!place) return pages
        message = { ...message, place }
      }
    })
  } finally {
    await world.close()
  }
}

/** A deleted tenant: as many events as deliveries, to the last item. */
export async function countErase(events: number, kind?: DynamodbKind): Promise<JobCount> {
  const world = await startWorld({}, kind)
  try {
    const { id } = await world.addEndpoint()
    const { bytes } = await addEvents(world, id, events)
    const { tenant } = world.customer
    return await counting(world, { events, bytes }, async ({ table }) => {
      let message: JobOf<"erase"> = { v: 1, kind: "erase", tenant }
      for (let pages = 1; ; pages++) {
        const place = await erasePage(table, message)
        if (!place) return pages
        if (place.notBefore !== undefined) world.advance(Math.max(0, place.notBefore - world.now()))
        message = { ...message, place }
      }
    })
  } finally {
    await world.close()
  }
}
