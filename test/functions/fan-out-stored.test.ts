import { fanOut } from "@ringback/functions/dispatch/fan-out"
import * as Event from "@ringback/store/event"
import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { makeClients } from "../harness/stack.ts"
import { makeDeps, makeEndpoint, pump } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

// Deliveries that are stored and not sent: to be fetched, held as their endpoint is disabled, or
// discarded with their event.

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const ENDPOINTS = 60

type Settings = Parameters<typeof makeEndpoint>[3]

async function makeEndpoints(settings?: Settings) {
  const { tenant } = world.customer
  const made = await Promise.all(
    Array.from({ length: ENDPOINTS }, () =>
      makeEndpoint(world.deps, tenant, world.receiver.url, settings),
    ),
  )
  // What is cached of the tenant's endpoints is ten seconds old at most.
  world.advance(11_000)
  return made.map(({ endpoint }) => endpoint.id)
}

/** Deps whose requests of the table are counted. */
function countedDeps() {
  const clients = makeClients(world.stack)
  const counts = { all: 0, most: 0 }
  let underWay = 0
  clients.dynamodb.middlewareStack.add(
    (next) => (args) => {
      counts.all++
      counts.most = Math.max(counts.most, ++underWay)
      return next(args).finally(() => underWay--)
    },
    { step: "initialize", name: "count" },
  )
  return { deps: makeDeps(world.stack, { now: world.now, clients }), counts, clients }
}

async function stored(endpointId: string) {
  const deliveries = await world.deliveries({ endpointId })
  return deliveries.map((each) => [each.status, each.turn])
}

async function requestsOfIngest() {
  const { deps, counts, clients } = countedDeps()
  await world.say()
  await pump(world.stack, deps, "Ingest")
  clients.close()
  return counts.all
}

for (const [what, settings, status] of [
  ["pull", { url: null, pull: true }, "pending"],
  ["disabled", { disabled: true }, "held"],
] as const) {
  test(`many ${what} endpoints take no request of ingest, which others' events wait for`, async () => {
    const alone = await requestsOfIngest()
    const ids = await makeEndpoints(settings)
    assert.equal(await requestsOfIngest(), alone)
    await world.pump()
    for (const id of ids) assert.deepEqual(await stored(id), [[status, 1]])
  })
}

test("an event for five pull endpoints is stored by ingest, without messages", async () => {
  const { tenant } = world.customer
  const settings = { url: null, pull: true }
  const ids = await Promise.all(
    Array.from({ length: 5 }, () => makeEndpoint(world.deps, tenant, world.receiver.url, settings)),
  )
  world.advance(11_000)
  await world.say()
  await pump(world.stack, world.deps, "Ingest")
  for (const { endpoint } of ids) assert.deepEqual(await stored(endpoint.id), [["pending", 1]])
  assert.equal(await pump(world.stack, world.deps, "Delivery"), 0)
})

test("an event for a disabled pull endpoint is held", async () => {
  const { id } = await world.addEndpoint({ url: null, pull: true, disabled: true })
  await world.say()
  await world.pump()
  assert.deepEqual(await stored(id), [["held", 1]])
})

test("a refuted event for many endpoints is stored by 25 requests at once", async () => {
  await world.addEndpoint()
  await world.say()
  await world.pump()
  const [{ eventId } = assert.fail()] = await world.deliveries()
  const event = await Event.get(world.deps.table, world.customer.tenant, eventId)
  const ids = await makeEndpoints()
  const { deps, counts, clients } = countedDeps()
  const accepted = { tenant: world.customer.tenant, event: { ...event!, refuted: "no" } }
  assert.deepEqual(await fanOut(deps, [{ ...accepted, again: false }]), [true])
  assert.equal(counts.most, 25)
  for (const id of ids) assert.deepEqual(await stored(id), [["discarded", 1]])
  clients.close()
})
