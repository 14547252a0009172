import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import pMap from "p-map"
import { BatchWriteItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb"
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb"
import { makeId } from "@ringback/events/ids"
import { endpointsOf } from "@ringback/functions/dispatch/fan-out"
import { recordFailures, recordSuccess } from "@ringback/functions/endpoint/breaker"
import { cachedReceiver } from "@ringback/functions/endpoint/cached-endpoint"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Endpoint from "@ringback/store/endpoint"
import * as Erasure from "@ringback/store/erasure"
import * as Heartbeat from "@ringback/store/heartbeat"
import * as Source from "@ringback/store/source"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { makeCustomer, makeDeps, makeEndpoint } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

const TENANTS = 10_000
const SECOND = 1000
const MINUTE = 60 * SECOND

type Place = { tenant: string; endpointId: string }
let world: World
const places: Place[] = []
before(async () => {
  world = await startWorld()
  await cloneTenants()
})
after(() => world.close())

/** Ten thousand tenants with an endpoint each, as one that was made by the functions. */
async function cloneTenants() {
  const { table } = world.deps
  const { tenant } = world.customer
  const { id } = await world.addEndpoint({ description: "CRM", metadata: { team: "sales" } })
  const { Items = [] } = await world.stack.dynamodb.send(
    new ScanCommand({ TableName: world.stack.tableName }),
  )
  const item = Items.map((each) => unmarshall(each)).find(({ sk }) => sk === `EP#${id}`)!
  const requests = Array.from({ length: TENANTS }, (_, index) => {
    const place = {
      tenant: makeId("ten", world.now() + index),
      endpointId: makeId("ep", world.now() + index),
    }
    places.push(place)
    const own = {
      pk: place.tenant,
      sk: `EP#${place.endpointId}`,
      id: place.endpointId,
      tenant: place.tenant,
      headers: table.sealer.seal("{}", `${place.tenant}#${place.endpointId}`),
    }
    return { PutRequest: { Item: marshall({ ...item, ...own }) } }
  })
  assert.equal(item["tenant"], tenant)
  const chunks = Array.from({ length: TENANTS / 25 }, (_, index) =>
    requests.slice(index * 25, index * 25 + 25),
  )
  await pMap(
    chunks,
    (chunk) =>
      world.stack.dynamodb.send(
        new BatchWriteItemCommand({ RequestItems: { [world.stack.tableName]: chunk } }),
      ),
    { concurrency: 8 },
  )
}

/** A process of its own, whose requests are counted. */
function startProcess() {
  const counts: Counts = {}
  const clients = countedClients(world.stack, counts, "worker")
  const deps = makeDeps(world.stack, { now: world.now, clients })
  const reads = () => total(counts, "dynamodb", /Get|Query|Scan/)
  return { deps, reads, close: () => clients.close() }
}

/** What an event of each tenant, and its delivery, are looked up by. */
const lookAll = ({ deps }: ReturnType<typeof startProcess>) =>
  pMap(
    places,
    async ({ tenant, endpointId }) => {
      const [endpoints, receiver] = await Promise.all([
        endpointsOf(deps, tenant),
        cachedReceiver(deps, tenant, endpointId),
      ])
      assert.equal(endpoints[0]!.id, endpointId)
      assert.equal(receiver.endpoint!.id, endpointId)
    },
    { concurrency: 50 },
  )

describe(`with ${TENANTS} tenants`, () => {
  test("an event a minute of each costs no reads but the first, and few ask for what was changed", async (t) => {
    const worker = startProcess()
    await lookAll(worker)
    const first = worker.reads()
    assert.ok(first >= TENANTS * 3)
    let before = first
    for (let minute = 0; minute < 3; minute++) {
      world.advance(MINUTE)
      await lookAll(worker)
    }
    const more = worker.reads() - before
    t.diagnostic(`${first} reads at first, ${more} for ${3 * TENANTS} events after that`)
    assert.ok(more <= 6, `${more} reads`)

    // A change of one is seen after ten seconds, and costs the reads of that one.
    const { tenant, endpointId } = places[4711]!
    await Endpoint.update(world.deps.table, tenant, endpointId, { eventTypes: ["plan.*"] })
    world.advance(10 * SECOND)
    before = worker.reads()
    await lookAll(worker)
    assert.ok(worker.reads() - before <= 6, `${worker.reads() - before} reads`)
    assert.deepEqual((await endpointsOf(worker.deps, tenant))[0]!.eventTypes, ["plan.*"])
    const { endpoint } = await cachedReceiver(worker.deps, tenant, endpointId)
    assert.deepEqual(endpoint!.eventTypes, ["plan.*"])
    // Half an hour later each is read again, whatever was announced.
    world.advance(31 * MINUTE)
    before = worker.reads()
    await endpointsOf(worker.deps, places[0]!.tenant)
    assert.equal(worker.reads() - before, 1)
    worker.close()
  })
})

describe("what a worker keeps of a tenant is ten seconds old at the most", () => {
  /** A tenant that a worker has kept for minutes. */
  async function kept() {
    const worker = startProcess()
    const { deps } = worker
    const { table } = world.deps
    const customer = await makeCustomer(world.deps)
    const { tenant } = customer
    const { endpoint } = await makeEndpoint(world.deps, tenant, world.receiver.url)
    const known = () =>
      deps.sources.get(`${tenant}/${customer.source.source.id}`, () =>
        Source.getKnown(table, tenant, customer.source.source.id),
      )
    const erased = () => deps.erased.get(tenant, () => Erasure.readMarker(table, tenant))
    const receiver = () => cachedReceiver(deps, tenant, endpoint.id)
    const look = () => Promise.all([endpointsOf(deps, tenant), receiver(), known(), erased()])
    for (let minute = 0; minute < 5; minute++) {
      await look()
      world.advance(MINUTE)
    }
    const before = worker.reads()
    await look()
    assert.equal(worker.reads() - before, 1, "what was changed is asked for, and nothing is read")
    return { ...worker, table, tenant, endpoint, customer, known, erased, receiver }
  }
  const later = () => world.advance(10 * SECOND)

  test("a new endpoint, one that is changed, disabled or deleted", async () => {
    const { deps, table, tenant, endpoint, receiver, close } = await kept()
    const { endpoint: added } = await makeEndpoint(world.deps, tenant, world.receiver.url)
    later()
    assert.equal((await endpointsOf(deps, tenant)).length, 2)
    await Endpoint.disable(table, endpoint, "failing", world.now())
    later()
    assert.equal((await receiver()).endpoint!.disabled, true)
    await Endpoint.rotateSecret(table, added, added.secrets[0]!.sealed, 0)
    await Endpoint.remove(table, tenant, endpoint.id)
    later()
    assert.equal((await receiver()).endpoint, undefined)
    assert.equal((await endpointsOf(deps, tenant)).length, 1)
    close()
  })

  test("a source whose key is another, that has another collector, or is deleted", async () => {
    const { table, tenant, customer, known, close } = await kept()
    const { source } = customer.source
    const rotated = await Source.rotate(table, source, 0)
    later()
    assert.equal((await known())!.source.keys[0]!.keyId, rotated!.key.keyId)
    assert.equal(Object.keys((await known())!.source.collectors).length, 0)
    await Heartbeat.record(table, source, {
      v: 1,
      kind: "heartbeat",
      id: "h",
      tenant,
      source: source.id,
      collector: "B".repeat(22),
      receivedAt: world.now(),
      version: "0.1.0",
      connectedSince: world.now(),
      spoolDepth: 0,
      spoolAgeSeconds: 0,
    })
    later()
    assert.equal(Object.keys((await known())!.source.collectors).length, 1)
    await Source.remove(table, tenant, source.id)
    later()
    assert.equal((await known())!.isDeleted, true)
    close()
  })

  test("that something is erased", async () => {
    const { table, tenant, erased, close } = await kept()
    await Erasure.remember(table, tenant, "hash")
    later()
    assert.equal((await erased()).isAny, true)
    close()
  })

  test("the end of an endpoint's being well, by another worker's failures; and what is not well is read as ever", async () => {
    const { table, tenant, endpoint, receiver, close } = await kept()
    const other = startProcess()
    await recordFailures(other.deps, tenant, endpoint.id, { count: 1, pauseMs: 0 })
    later()
    assert.equal((await receiver()).health.failures, 1)
    await BreakerState.recordFailures(table, tenant, endpoint.id, 9)
    world.advance(3 * MINUTE)
    assert.equal((await receiver()).health.failures, 10)
    await recordSuccess(other.deps, tenant, endpoint.id)
    later()
    assert.equal((await receiver()).health.failures, 0)
    other.close()
    close()
  })

  test("a change that comes right after another", async () => {
    const { deps, table, tenant, endpoint, close } = await kept()
    for (const eventTypes of [["plan.*"], ["call.*"], ["queue.*"]]) {
      await Endpoint.update(table, tenant, endpoint.id, { eventTypes })
      later()
      assert.deepEqual((await endpointsOf(deps, tenant))[0]!.eventTypes, eventTypes)
    }
    close()
  })
})
