import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { recordFailures, recordSuccess } from "@ringback/functions/endpoint/breaker"
import { cachedReceiver, freshReceiver } from "@ringback/functions/endpoint/cached-endpoint"
import { listChanges } from "@ringback/store/changes"
import * as Health from "@ringback/store/health"
import { makeDeps, type Deps } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())

const WORKERS = 20
const SECOND = 1_000
const MINUTE = 60_000

/** Workers with caches of their own, all of which take the endpoint for well. */
async function makeWorkers(endpointId: string) {
  const workers = Array.from({ length: WORKERS }, () => makeDeps(world.stack, { now: world.now }))
  for (const each of workers) await cachedReceiver(each, world.customer.tenant, endpointId)
  return workers
}

const announced = async (since: number) =>
  (await listChanges(world.deps.table, since)).filter(
    ({ tenant }) => tenant === world.customer.tenant,
  ).length

// In a simulated minute of 10,000 PBXs, 600 workers announced 6,700 changes and used up the partition.
test("of many workers that see an endpoint fail, one announces it, and all failures count", async () => {
  const { id } = await world.addEndpoint()
  const workers = await makeWorkers(id)
  const from = world.now()
  for (const each of workers)
    await recordFailures(each, world.customer.tenant, id, { count: 1, pauseMs: 0 })
  assert.equal(await announced(from), 1)
  const health = await Health.get(world.deps.table, world.customer.tenant, id)
  assert.equal(health.failures, WORKERS)
})

test("of many workers that find an endpoint slow, one announces it, and nobody while it is known to stay slow", async () => {
  const { id } = await world.addEndpoint()
  const workers = await makeWorkers(id)
  const { tenant } = world.customer
  world.advance(MINUTE)
  // Again after two minutes, when nobody took it for slow any more.
  for (const [afterMs, expected] of [
    [0, 1],
    [MINUTE / 2, 0],
    [2 * MINUTE, 1],
  ] as const) {
    const from = world.now() + afterMs
    world.advance(afterMs)
    for (const { table } of workers) await Health.recordSlow(table, tenant, id)
    assert.equal(await announced(from), expected)
    const { slowAt } = await Health.get(world.deps.table, tenant, id)
    assert.equal(slowAt, from)
  }
})

test("a streak that begins anew is announced once, also by a worker that takes the endpoint for failing", async () => {
  const { id } = await world.addEndpoint()
  const { tenant } = world.customer
  const [one, two] = (await makeWorkers(id)) as [Deps, Deps]
  const failOnce = (deps: Deps) => recordFailures(deps, tenant, id, { count: 1, pauseMs: 0 })
  await failOnce(one)
  await freshReceiver(two, tenant, id)
  await recordSuccess(one, tenant, id)
  world.advance(SECOND)
  const from = world.now()
  await failOnce(two)
  assert.equal(await announced(from), 1)
  world.advance(SECOND)
  await failOnce(two)
  assert.equal(await announced(from + SECOND), 0)
})
