import assert from "node:assert/strict"
import { test } from "node:test"
import { answer } from "../harness/receiver.ts"
import { until } from "../harness/until.ts"
import { campaignUpdate } from "../harness/world.ts"
import { LATEST, update, world } from "./order-set-up.ts"

const SECOND = 1000

test("a version that waits for another one does not lose its slot of the rate limit to what comes later", async () => {
  const { id, arrived } = await world.addEndpoint({ ...LATEST, rateLimit: 1 })
  const waiting = async () =>
    (await world.deliveries({ endpointId: id })).filter(({ status }) => status === "pending")
  const versions = () => arrived().filter(({ data }) => data["uuid"] === "c-1").length
  world.receiver.behave(async (_, response) => {
    // Until the second version has been put off.
    await until(async () => (await waiting()).length > 0)
    answer(response, 204)
  })
  await world.say(update(1))
  await world.say(update(2))
  await world.pump()
  assert.deepEqual([versions(), (await waiting()).length], [1, 1])

  for (let count = 0; count < 60; count++) await world.say(campaignUpdate())
  await world.pump()
  for (let second = 0; second < 5; second++) {
    world.advance(SECOND)
    await world.pump()
  }
  assert.equal(versions(), 2)
  // The rate limit holds.
  assert.ok(arrived().length <= 9, `${arrived().length} of 62 in 5 s`)
  assert.ok((await waiting()).length >= 50)
})
