import assert from "node:assert/strict"
import { test } from "node:test"
import { fetchMessages } from "@ringback/functions/pull/fetch"
import * as Endpoint from "@ringback/store/endpoint"
import { openSandbox } from "@ringback/webhooks/sandbox"
import { campaignUpdate } from "../harness/world.ts"
import { makePull, world } from "./pull-set-up.ts"

// Deliveries that end when they are fetched, because the transform does not want them.

const transform = `data.name = "none" ? null : $`

async function say(count: number, name: string) {
  for (let event = 0; event < count; event++)
    await world.say(campaignUpdate().map(([key, value]) => [key, key === "Name" ? name : value]))
  await world.pump()
}

test("a page is empty only if nothing waits, however much unwanted comes before the wanted", async () => {
  const { fetch, deliveries } = await makePull({ transform })
  await say(230, "none")
  world.advance(1_000)
  await say(1, "Ann")
  const [message, ...others] = await fetch()
  assert.equal(JSON.parse(message!.body).data.name, "Ann")
  assert.deepEqual(others, [])
  const open = (await deliveries()).filter(({ status }) => status === "pending")
  assert.equal(open.length, 1)
})

test("no more is read once five seconds have passed", async (t) => {
  const { id, fetch } = await makePull({ transform })
  await say(230, "none")
  world.advance(1_000)
  await say(1, "Ann")
  const { table } = world.deps
  const endpoint = await Endpoint.get(table, world.customer.tenant, id, { consistent: true })
  const sandbox = openSandbox()
  t.after(() => sandbox.close())
  // By its clock the first read took five seconds.
  const startedAt = world.now()
  let looks = 0
  const deps = {
    table: { ...table, now: () => startedAt + (looks++ === 0 ? 0 : 5_000) },
    sandbox: async () => sandbox,
  }
  const page = await fetchMessages(deps, endpoint!, { limit: 10, leaseMs: 60_000 })
  assert.deepEqual(page, [])
  assert.equal((await fetch()).length, 1)
})
