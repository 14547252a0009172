import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { startWorld, type World } from "../harness/world.ts"
import { pump } from "../harness/system.ts"
import { startApi, type TestApi } from "../api/api.ts"
import { person } from "./person.ts"

let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack, now: Date.now })
})
after(() => world.close())

for (const narrows of [false, true])
  test(`what waits in the delivery queue is not sent after its erasure, whose subscription ${narrows ? "was narrowed" : "is the same"}`, async () => {
    await world.begin()
    const path = `/v1/tenants/${world.customer.tenant}`
    const { id, arrived } = await world.addEndpoint({ eventTypes: ["*"] })
    const ada = person("Adalbert")
    for (const headers of ada.events) await world.say(headers)
    while ((await pump(world.stack, world.deps, "Ingest")) > 0); // the workers of deliveries are behind
    if (narrows) {
      const { status } = await api.call(`PATCH ${path}/endpoints/${id}`, {
        body: { eventTypes: ["campaign.*"] },
      })
      assert.equal(status, 200)
    }
    world.advance(11_000)
    const asked = await api.call(`POST ${path}/erase`, { body: { uuid: ada.row } })
    for (let round = 0; round < 12; round++) {
      while ((await pump(world.stack, world.deps, "Jobs")) > 0);
      world.advance(15_000)
    }
    const job = await api.call(`GET ${path}/jobs/${asked.body.jobId}`)
    assert.equal(job.body.status, "done", job.text)
    await world.pump()
    const sent = arrived().filter((each) => JSON.stringify(each).includes("Adalbert"))
    assert.equal(sent.length, 0)
  })
