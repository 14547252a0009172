import assert from "node:assert/strict"
import { describe, test } from "node:test"
import type { Pair } from "../events/capture.ts"
import { kept, person, stamp } from "./person.ts"
import { world, call, say, erase } from "./erase-set-up.ts"

describe("erasing a call", () => {
  test("empties the call, and what of the row names it; the row's other events stay", async () => {
    await world.addEndpoint({ eventTypes: ["*"] })
    const ada = person("Adalbert")
    await say(ada.events)
    const { erased } = await erase({ uuid: ada.dialing })
    assert.deepEqual([erased.records, erased.events], [0, 8])
    const { data } = (await call("GET /events?type=dllist.created")).body
    assert.equal(data[0].data.name, "Adalbert")
  })
})

test("a campaign is erased without its calls", async () => {
  await world.addEndpoint({ eventTypes: ["*"] })
  const ada = person("Adalbert")
  const campaign: Pair[] = [
    ["Event", "OutCampaignUpdate"],
    ["Uuid", "c-1"],
    ["Name", "Winback"],
    ["TmUpdate", stamp(1)],
  ]
  await say([campaign, ...ada.events])
  const { erased } = await erase({ uuid: "c-1" })
  assert.deepEqual([erased.records, erased.events], [1, 1])
  assert.match(await kept(world), /Adalbert/)
})

describe("who may erase", () => {
  test("another tenant's erasure empties nothing of this one's", async () => {
    const ada = person("Adalbert")
    await world.addEndpoint()
    await say(ada.events)
    const [first, before] = [world.customer, await kept(world)]
    await world.begin()
    const { erased } = await erase({ uuid: ada.row })
    assert.deepEqual(erased, { records: 0, events: 0, deliveries: 0 })
    world.customer = first
    assert.equal(await kept(world), before)
  })

  test("nobody without full rights, and nobody by junk", async () => {
    const made = await call("POST /keys", { body: { name: "looks", scope: "read" } })
    const refused = await call("POST /erase", { key: made.body.key, body: { uuid: "x" } })
    assert.deepEqual([refused.status, refused.body.code], [403, "auth.scope"])
    for (const body of [
      {},
      { uuid: "" },
      { uuid: "a", contactKey: "b" },
      { uuid: 1 },
      { uuid: null },
    ]) {
      assert.equal((await call("POST /erase", { body })).status, 400)
    }
    const own = (await call("POST /erase", { body: { uuid: "x" } })).body.jobId
    const read = await call(`GET /jobs/${own}`, { key: made.body.key })
    assert.equal(read.body.status, "running")
    await world.begin()
    assert.equal((await call(`GET /jobs/${own}`)).status, 404)
  })

  test("twenty at a time", async () => {
    for (let count = 0; count < 20; count++) {
      assert.equal((await call("POST /erase", { body: { uuid: `${count}` } })).status, 202)
    }
    const refused = await call("POST /erase", { body: { uuid: "one more" } })
    assert.equal(refused.status, 429)
  })
})
