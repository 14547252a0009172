import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { releaseHandler } from "@ringback/functions/release"
import { makeContext } from "@ringback/local/lambda"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Endpoint from "@ringback/store/endpoint"
import * as Health from "@ringback/store/health"
import { takeSlots } from "@ringback/store/rate-slots"
import { answer, ok } from "../harness/receiver.ts"
import { campaignUpdate, startWorld, type World } from "../harness/world.ts"
import { reread } from "./deliver.ts"

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1_000
const MINUTE = 60 * SECOND
// How early the local release handles what falls due.
const WINDOW_MS = 5 * SECOND

async function release() {
  await releaseHandler(world.deps)({ windowMs: WINDOW_MS }, makeContext(MINUTE))
  await world.pump()
}

/** An endpoint whose breaker is open, and so many of its deliveries parked. */
async function openWithParked(
  count: number,
  settings = {},
  say = async (_: number) => world.say(),
) {
  const endpoint = await world.addEndpoint(settings)
  const { table } = world.deps
  const { tenant } = world.customer
  world.receiver.behave((_, response) => answer(response, 500))
  await BreakerState.recordFailures(table, tenant, endpoint.id, 10)
  await BreakerState.open(table, tenant, endpoint.id, world.now() + MINUTE)
  world.advance(11 * SECOND)
  for (let index = 0; index < count; index++) await say(index)
  await world.pump()
  const parked = await world.deliveries({ endpointId: endpoint.id })
  assert.equal(parked.filter(({ dueShard }) => dueShard?.startsWith("parked#")).length, count)
  assert.equal(endpoint.arrived().length, 0)
  return { ...endpoint, parked }
}

test("each minute brings a probe, also where each is released a little early", async () => {
  const { arrived } = await openWithParked(5)
  world.advance(MINUTE - WINDOW_MS - 11 * SECOND)
  for (let probes = 1; probes <= 4; probes++) {
    await release()
    assert.equal(arrived().length, probes)
    world.advance(MINUTE - WINDOW_MS)
  }
})

test("a probe that finds its endpoint disabled has all that is parked held", async () => {
  const { id, arrived } = await openWithParked(4)
  const { table } = world.deps
  const endpoint = await Endpoint.get(table, world.customer.tenant, id)
  // As a worker leaves it that ended before it sent the job.
  await Endpoint.disable(table, endpoint!, "failing", world.now())
  world.advance(MINUTE)
  await release()
  const statuses = (await world.deliveries({ endpointId: id })).map(({ status }) => status)
  assert.deepEqual(statuses, ["held", "held", "held", "held"])
  assert.equal(arrived().length, 0)
})

test("a probe waits for no slot: an endpoint that is well again gets all that is parked", async () => {
  const { id, arrived, parked } = await openWithParked(2, { rateLimit: 1 })
  // Its backlog had slots for the next ten minutes.
  await takeSlots(world.deps.table, world.customer.tenant, id, 600, SECOND)
  world.receiver.behave(ok)
  world.advance(MINUTE)
  await release()
  assert.equal(arrived().length, 1)
  await world.run()
  assert.equal(arrived().length, 2)
  assert.equal((await reread(world, parked[0]!)).status, "delivered")
})

for (const [what, otherwise] of [
  ["does not want", "null"],
  ["fails with", `$error("no name")`],
] as const) {
  test(`a probe that the transform ${what} is followed by another at once`, async () => {
    const say = (index: number) =>
      world.say(
        campaignUpdate().map(([name, said]) => [name, name === "Status" ? `${index}` : said]),
      )
    const transform = `data.status >= 4 ? data : ${otherwise}`
    const { id, arrived } = await openWithParked(6, { transform }, say)
    world.receiver.behave(ok)
    world.advance(MINUTE)
    await release()
    assert.equal(arrived().length, 1)
    const health = await Health.get(world.deps.table, world.customer.tenant, id)
    assert.equal(health.state, "waking")
  })

  test(`a probe that the transform ${what} is followed by one that fails, and no more`, async () => {
    const say = (index: number) =>
      world.say(
        campaignUpdate().map(([name, said]) => [name, name === "Status" ? `${index}` : said]),
      )
    const transform = `data.status >= 2 ? data : ${otherwise}`
    const { arrived } = await openWithParked(6, { transform }, say)
    world.advance(MINUTE)
    await release()
    assert.equal(arrived().length, 1)
    world.advance(MINUTE)
    await release()
    assert.equal(arrived().length, 2)
  })
}
