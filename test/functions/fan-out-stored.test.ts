import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { makeClients } from "../harness/stack.ts"
import { makeDeps, makeEndpoint, pump } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"

// Deliveries that are stored and not sent: to be fetched, or held as their endpoint is disabled.

let world: World
before(async () => void (world = await startWorld()))
after(() => world.close())
beforeEach(() => world.begin())

const ENDPOINTS = 60

for (const [what, settings, status] of [
  ["pull", { url: null, pull: true }, "pending"],
  ["disabled", { disabled: true }, "held"],
] as const) {
  test(`an event for many ${what} endpoints is stored by 25 requests at once`, async () => {
    const { tenant } = world.customer
    const ids = await Promise.all(
      Array.from({ length: ENDPOINTS }, () =>
        makeEndpoint(world.deps, tenant, world.receiver.url, settings),
      ),
    )
    world.advance(11_000)
    const clients = makeClients(world.stack)
    let [underWay, most] = [0, 0]
    clients.dynamodb.middlewareStack.add(
      (next) => (args) => {
        most = Math.max(most, ++underWay)
        return next(args).finally(() => underWay--)
      },
      { step: "initialize", name: "count" },
    )
    const deps = makeDeps(world.stack, { now: world.now, clients })
    await world.say()
    await pump(world.stack, deps, "Ingest")
    assert.equal(most, 25)
    for (const { endpoint } of ids) {
      const deliveries = await world.deliveries({ endpointId: endpoint.id })
      assert.deepEqual(
        deliveries.map((each) => [each.status, each.turn]),
        [[status, 1]],
      )
    }
    clients.close()
  })
}
