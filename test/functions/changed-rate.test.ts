import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { answer } from "../harness/receiver.ts"
import { startWorld, type World } from "../harness/world.ts"
import { startApi, type TestApi } from "../api/api.ts"

let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())
beforeEach(() => world.begin())

const SECOND = 1000

for (const [before, now, least, most] of [
  [10, 1, 1, 12],
  [1, 10, 40, 120],
] as const)
  test(`a rate limit changed from ${before} to ${now} holds for all that waits, from when workers know it`, async () => {
    const { id } = await world.addEndpoint({ rateLimit: before })
    const sent: number[] = []
    world.receiver.behave((_, response) => {
      sent.push(world.now())
      answer(response, 204)
    })
    for (let event = 0; event < 300; event++) await world.say()
    await world.pump()
    const route = `PATCH /v1/tenants/${world.customer.tenant}/endpoints/${id}`
    const { status } = await api.call(route, { body: { rateLimit: now } })
    assert.equal(status, 200)
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        world.advance(SECOND)
        await world.release()
        await world.pump()
      }
    }
    await pass(11)
    const known = world.now()
    await pass(10)
    const count = sent.filter((at) => at > known).length
    assert.ok(count >= least && count <= most, `${count} in 10 s`)
  })
