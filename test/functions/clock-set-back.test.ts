import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import * as Endpoint from "@ringback/store/endpoint"
import { startWorld, type World } from "../harness/world.ts"

const MINUTE = 60_000
let setBackMs = 0
let world: World
before(async () => {
  world = await startWorld({ monotonic: () => Date.now() + setBackMs })
})
after(() => world.close())

for (const [minutes, passed] of [
  [10, 0],
  [10, 10],
] as const) {
  test(`${passed} min after a clock was set back by ${minutes} min, what is changed counts for the next event`, async () => {
    await world.begin()
    const disabled = await world.addEndpoint()
    world.advance(2 * MINUTE)
    await world.say()
    await world.pump()
    assert.equal(disabled.arrived().length, 1)
    setBackMs += minutes * MINUTE
    world.advance(-minutes * MINUTE)
    const made = await world.addEndpoint()
    await Endpoint.update(world.deps.table, world.customer.tenant, disabled.id, { disabled: true })
    world.advance(passed * MINUTE + 11_000)
    await world.say()
    await world.pump()
    assert.deepEqual([made.arrived().length, disabled.arrived().length], [1, 1])
  })
}
