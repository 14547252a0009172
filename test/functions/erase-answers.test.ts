import assert from "node:assert/strict"
import { test } from "node:test"
import * as Connector from "@ringback/store/connector"
import { createItem } from "@ringback/store/item"
import { isEnded } from "@ringback/store/ended"
import { heartbeat } from "../harness/heard.ts"
import { sendToIngest } from "../harness/system.ts"
import { itemsOf, person, wordsOf } from "./person.ts"
import { call, erase, say, world } from "./erase-set-up.ts"

// Where a person's data lies besides events, deliveries and records.

test("answers that are kept for an Idempotency-Key do not outlive an erasure with what they had of a person", async () => {
  const { body: pull } = await call("POST /endpoints", {
    body: { pull: true, eventTypes: ["*"] },
  })
  world.advance(11_000)
  const ada = person("Adalbert")
  await say(ada.events)
  const headers = { "idempotency-key": "one" }
  const fetching = { headers, body: { limit: 10, leaseSeconds: 60 } }
  const fetch = () => call(`POST /endpoints/${pull.id}/messages`, fetching)
  const fetched = await fetch()
  assert.match(fetched.text, /Adalbert/)
  world.advance(50_000)
  assert.equal((await fetch()).text, fetched.text, "while they are leased")
  const { body: events } = await call("GET /events?limit=100")
  const event = events.data.find(({ type }: { type: string }) => type.startsWith("dllist"))!.id
  const preview = () =>
    call("POST /endpoints/preview", {
      headers: { "idempotency-key": "two" },
      body: { event, transform: "$" },
    })
  assert.match((await preview()).text, /Adalbert/)
  await erase({ uuid: ada.row })
  world.advance(60_000)
  assert.doesNotMatch((await fetch()).text, /Adalbert/)
  assert.doesNotMatch((await preview()).text, /Adalbert/)
})

async function namesLeft(name: string) {
  const items = await itemsOf(world, world.customer.tenant)
  return items.map(wordsOf).filter((words) => words.includes(name))
}

test("nothing that a connector knew of her call is left where its endpoint was deleted before", async () => {
  const connector = {
    kind: "pipedrive",
    companyDomain: "acme",
    auth: { type: "bearer", token: "t" },
  }
  const { body } = await call("POST /endpoints", { body: { connector } })
  world.advance(11_000)
  const ada = person("Adalbert")
  const { tenant } = world.customer
  for (const uuid of [ada.dialing, "another call"]) {
    const own = { tenant, endpointId: body.id, uuid, fingerprint: "f", owner: "an attempt" }
    await Connector.begin(world.deps.table, own, 45_000)
    await Connector.keepCall(world.deps.table, own, { personId: "contact of Adalbert" })
  }
  assert.equal((await namesLeft("contact of Adalbert")).length, 2)
  assert.equal((await call(`DELETE /endpoints/${body.id}`)).status, 204)
  for (let round = 0; round < 16; round++) {
    await world.pump()
    world.advance(15_000)
  }
  assert.deepEqual(await namesLeft("contact of Adalbert"), [])
})

test("that the PBX told the end of her records does not bear their names", async () => {
  const { customer, stack, deps } = world
  for (const collector of ["A", "B"]) {
    const said = heartbeat(customer, collector.repeat(22), world.now() - 60_000)
    await sendToIngest(stack, customer, said)
  }
  await world.pump()
  world.advance(11_000)
  const ada = person("Adalbert")
  const end: [string, string][] = [
    ["Event", "OutDlListDelete"],
    ["Uuid", ada.row],
  ]
  await say([...ada.events, end])
  const isKnown = (uuid: string) =>
    isEnded(deps.table, customer.tenant, customer.source.source.id, `dllist.deleted/${uuid}`)
  assert.equal(await isKnown(ada.row), true)
  await erase({ uuid: ada.row })
  assert.deepEqual(await namesLeft("Adalbert"), [])
  assert.equal(await isKnown("another row"), false)
  // As an earlier release has written it.
  const sk = `ENDED#${customer.source.source.id}#dllist.deleted/another row`
  await createItem(deps.table, { pk: customer.tenant, sk, expiresAt: 9e9 })
  assert.equal(await isKnown("another row"), true)
})
