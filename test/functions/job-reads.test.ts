import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, beforeEach, describe, test } from "node:test"
import pMap from "p-map"
import type { QueryCommandOutput } from "@aws-sdk/client-dynamodb"
import { erasePage } from "@ringback/functions/jobs/erase"
import { holdPage } from "@ringback/functions/jobs/hold"
import { recoverPage } from "@ringback/functions/jobs/recover"
import * as Delivery from "@ringback/store/delivery"
import { listOpen } from "@ringback/store/delivery-list"
import { factsOfEvent } from "@ringback/store/delivery-facts"
import * as Endpoint from "@ringback/store/endpoint"
import * as Event from "@ringback/store/event"
import { createJob } from "@ringback/store/job"
import { deliveryRef, hashOf } from "@ringback/store/item-keys"
import { packHeaders } from "@ringback/store/pack"
import { meteredClients, newMeter } from "../infra/cost/meter.ts"
import { makeDeps } from "../harness/system.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"

// `RINGBACK_TEST_JOB_READS=50000 node --test test/functions/job-reads.test.ts` for the long run.
const MANY = Number(process.env["RINGBACK_TEST_JOB_READS"] ?? 1_500)
const HOUR = 3_600_000

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const table = () => world.deps.table
const tenant = () => world.customer.tenant
const each = (count: number, work: (index: number) => Promise<unknown>) =>
  pMap([...Array(count).keys()], work, { concurrency: 40 })

/** A table whose reads are counted: in units, and the items that its queries went through. */
function counted() {
  const meter = newMeter()
  const clients = meteredClients(world.stack, meter)
  const read = { queries: 0, items: 0 }
  clients.dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args)
        if (commandName !== "QueryCommand") return result
        read.queries++
        read.items += (result.output as QueryCommandOutput).ScannedCount ?? 0
        return result
      },
    { step: "initialize", name: "items" },
  )
  const deps = makeDeps(world.stack, { now: world.now, clients })
  return { deps, meter, read, close: () => clients.close() }
}

/** All pages of a job; how many. */
async function runAll<Place>(page: (place: Place | undefined) => Promise<Place | undefined>) {
  let pages = 0
  let place: Place | undefined
  do {
    place = await page(place)
    pages++
  } while (place !== undefined)
  return pages
}

describe(`of ${MANY} events`, () => {
  test("recover reads each once, and no more than 1.2 of the units that it takes", async (t) => {
    const { id } = await world.addEndpoint()
    const from = world.now() - HOUR
    const events: Event.StoredEvent[] = []
    await each(MANY, async (index) => {
      const receivedAt = from + Math.floor((index / MANY) * HOUR)
      const { event } = await Event.claim(table(), {
        tenant: tenant(),
        timeNanos: BigInt(receivedAt) * 1_000_000n,
        hash: hashOf("recover", index),
        type: "campaign.updated",
        source: world.customer.source.source.id,
        uuid: `c-${index}`,
        message: "m".repeat(22),
        receivedAt,
        content: packHeaders(campaignUpdate(randomUUID(), receivedAt)),
      })
      events.push(event!)
    })
    // All but one in ten have arrived.
    const missing = new Set(events.filter((_, index) => index % 10 === 0))
    await pMap(
      events,
      (event) =>
        Delivery.advance(table(), factsOfEvent(tenant(), event, id), 0, {
          status: missing.has(event) ? "failed" : "delivered",
        }),
      { concurrency: 40 },
    )
    const job = await createJob(table(), {
      tenant: tenant(),
      endpointId: id,
      since: from,
      until: world.now(),
      statuses: ["failed", "held"],
    })
    const { deps, meter, read, close } = counted()
    const message = { v: 1, kind: "recover", tenant: tenant(), jobId: job.id } as const
    const pages = await runAll((place: Parameters<typeof recoverPage>[1]["place"]) =>
      recoverPage(deps.table, { ...message, place }),
    )
    close()
    // Eventually consistent: half a unit for 4 KB of events, and half a unit for each delivery.
    const bytes = events.reduce((sum, event) => sum + sizeOf(event), 0)
    const needed = bytes / 8192 + MANY / 2
    t.diagnostic(
      `${meter.readUnits} read units of ${Math.round(needed)}, ${read.items} events in ${read.queries} queries, ${pages} pages`,
    )
    assert.equal(read.items, MANY)
    assert.ok(meter.readUnits <= needed * 1.2, `${meter.readUnits} of ${needed}`)
    assert.deepEqual(await countStates(id), { pending: missing.size, failed: 0 })
  })

  for (const [what, run] of [
    ["hold", holdPage],
    ["erase", erasePage],
  ] as const) {
    test(`${what} reads the index of what is open once, though four in five are of other endpoints`, async (t) => {
      const ids = await Promise.all([1, 2, 3, 4, 5].map(async () => (await world.addEndpoint()).id))
      const [id] = ids as [string]
      const at = world.now()
      await each(MANY, async (index) => {
        const endpointId = ids[index % 5]!
        const ref = deliveryRef(`evt_${index}`, endpointId, at - index)
        const facts = { tenant: tenant(), ref, endpointId, eventId: `evt_${index}`, eventType: "x" }
        const due = { at, nextAt: at }
        await Delivery.advance(table(), facts, 0, { status: "pending", due })
      })
      const endpoint = await Endpoint.get(table(), tenant(), id)
      if (what === "hold") await Endpoint.disable(table(), endpoint!, "manual", at)
      else await Endpoint.remove(table(), tenant(), id)
      const { deps, meter, read, close } = counted()
      const job = { v: 1, kind: what, tenant: tenant(), endpointId: id } as const
      // One pass: an erasure looks again for what comes meanwhile.
      const pages = await runAll(async (place: { cursor: string } | undefined) => {
        const next = (await run(deps.table, { ...job, place } as never)) as typeof place
        return next?.cursor === undefined ? undefined : next
      })
      close()
      t.diagnostic(
        `${meter.readUnits} read units, ${read.items} entries in ${read.queries} queries, ${pages} pages`,
      )
      assert.ok(read.items <= MANY * 1.2, `${read.items}`)
      assert.ok(read.queries <= MANY / 50 + 50, `${read.queries}`)
      assert.equal((await countStates(id)).pending, 0)
      assert.equal((await countStates(ids[1]!)).pending, MANY / 5)
    })
  }
})

async function countStates(endpointId: string) {
  const count = async (status: "pending" | "failed") => {
    let found = 0
    await runAll(async (cursor: string | undefined) => {
      const page = await listOpen(table(), tenant(), {
        endpointId,
        statuses: [status],
        limit: 250,
        cursor,
      })
      found += page.items.length
      return page.next
    })
    return found
  }
  return { pending: await count("pending"), failed: await count("failed") }
}

/** About what DynamoDB counts: names and values. */
const sizeOf = (event: Event.StoredEvent) =>
  Object.entries(event).reduce(
    (sum, [name, value]) =>
      sum + name.length + (value instanceof Uint8Array ? value.length : String(value ?? "").length),
    0,
  )
