import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import { releaseHandler } from "@ringback/functions/release"
import { makeContext } from "@ringback/local/lambda"
import * as BreakerState from "@ringback/store/breaker-state"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { answer } from "../harness/receiver.ts"
import { isQuiet, makeDeps, pumpAll } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { planMany } from "./planned.ts"

const MINUTE = 60_000

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())

// `RINGBACK_TEST_PARKED=10000 node --test test/functions/parked.test.ts` for the long run.
const PARKED = Number(process.env["RINGBACK_TEST_PARKED"] ?? 1_000)

describe(`a dead endpoint with ${PARKED} waiting deliveries`, () => {
  test("gets one POST a minute and costs under 200 requests a minute, however many wait", async (t) => {
    const { id, arrived } = await world.addEndpoint()
    await planMany(world, id, PARKED, () => ({ at: world.now(), shard: "parked" }))
    const { tenant } = world.customer
    await BreakerState.open(world.deps.table, tenant, id, world.now())
    world.receiver.behave((_, response) => answer(response, 500))
    world.advance(11_000)
    const counts: Counts = {}
    const clients = countedClients(world.stack, counts, "all")
    const deps = makeDeps(world.stack, { now: world.now, clients })
    const before = arrived().length
    for (let minute = 1; minute <= 5; minute++) {
      world.advance(MINUTE)
      await releaseHandler(deps)({}, makeContext(60_000))
      await pumpAll({ ...world.stack, sqs: clients.sqs }, deps)
      assert.ok(
        arrived().length - before <= minute,
        `${arrived().length - before} POSTs in ${minute} min`,
      )
    }
    assert.ok(arrived().length > before)
    const requests = (total(counts, "sqs") + total(counts, "dynamodb")) / 5
    t.diagnostic(`${arrived().length - before} POSTs in 5 minutes, ${requests} requests a minute`)
    assert.ok(requests < 200, `${requests} requests a minute`)
    clients.close()
    assert.equal(await isQuiet(world.stack), false, "the two soon retries are on their way")
  })
})
