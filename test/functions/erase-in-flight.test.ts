import assert from "node:assert/strict"
import { test } from "node:test"
import { startApi } from "../api/api.ts"
import { openAccount } from "../connectors/account.ts"
import { serveCrm, type Fault } from "../crm/server.ts"
import { pump } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { itemsOf, person, wordsOf } from "./person.ts"

// What a worker has in hand when the first pass of an erasure reads the data.

/** Asks for an erasure. `firstPass` runs what is due of it, `end` all of it. */
async function eraser(world: World, uuid: string) {
  const api = await startApi({ stack: world.stack, now: Date.now })
  const path = `/v1/tenants/${world.customer.tenant}`
  let jobId: string | undefined
  return {
    post: (route: string, body: object) => api.call(`POST ${path}${route}`, { body }),
    async firstPass() {
      if (jobId !== undefined) return
      jobId = ""
      const { status, text, body } = await api.call(`POST ${path}/erase`, { body: { uuid } })
      assert.equal(status, 202, text)
      jobId = body.jobId as string
      while ((await pump(world.stack, world.deps, "Jobs")) > 0);
      world.advance(5_000)
    },
    async end() {
      assert.ok(jobId, "the erasure was asked for")
      for (let round = 0; round < 12; round++) {
        await world.pump()
        world.advance(15_000)
      }
      const { text, body } = await api.call(`GET ${path}/jobs/${jobId}`)
      assert.equal(body.status, "done", text)
    },
  }
}

const REQUESTS = [
  { create: "never", request: /^GET .*contacts/ },
  { create: "never", request: /^POST .*upsert/ },
  { create: "never", request: /^PUT .*associations/ },
  { create: "contact", request: /^POST .*contacts$/ },
  { create: "contact", request: /^POST .*upsert/ },
]

for (const { create, request } of REQUESTS)
  test(`of an erased call nothing is kept whose CRM is answering ${request}, with create: ${create}`, async (t) => {
    const ada = person("Adalbert")
    const found = [{ id: "101", number: ada.key }]
    const account = openAccount("hubspot", create === "never" ? found : [])
    const crm = await serveCrm(account.answer)
    t.after(() => crm.close())
    const world = await startWorld({ crmUrls: { hubspot: crm.url } })
    t.after(() => world.close())
    const { post, firstPass, end } = await eraser(world, ada.row)
    const auth = { type: "bearer", token: [...account.tokens][0] }
    const match = "externalId:customer_number"
    const made = await post("/endpoints", { connector: { kind: "hubspot", auth, create, match } })
    assert.equal(made.status, 201, made.text)
    world.advance(11_000)
    crm.faults = async ({ method, path }): Promise<Fault> => {
      if (request.test(`${method} ${path}`)) await firstPass()
      return "none"
    }
    for (const headers of ada.events) await world.say(headers)
    await world.pump()
    world.advance(6000)
    await world.pump()
    await end()
    const items = await itemsOf(world, world.customer.tenant)
    assert.deepEqual(
      items.filter(({ pk, kept }) => String(pk).includes("#L#") && kept !== undefined),
      [],
    )
    assert.doesNotMatch(items.map(wordsOf).join(), /Adalbert/)
  })

test("of an erased call nothing is kept whose event a worker has claimed and not yet noted", async (t) => {
  const world = await startWorld()
  t.after(() => world.close())
  await world.addEndpoint({ eventTypes: ["call.completed"] })
  const ada = person("Adalbert")
  const { firstPass, end } = await eraser(world, ada.row)
  for (const headers of ada.events.slice(0, 3)) await world.say(headers)
  await world.pump()
  let isNoting = false
  world.deps.table.client.middlewareStack.add(
    (next) => async (args) => {
      const { Key, UpdateExpression = "" } = args.input as {
        Key?: { pk?: { S?: string } }
        UpdateExpression?: string
      }
      if (Key?.pk?.S?.includes("#K#") && UpdateExpression.includes("facts") && !isNoting) {
        isNoting = true
        await firstPass()
      }
      return next(args)
    },
    { step: "initialize", name: "erase first" },
  )
  await world.say(ada.dialingEvent("Update", 1, 0, 5))
  await world.pump()
  await end()
  const items = await itemsOf(world, world.customer.tenant)
  assert.doesNotMatch(items.map(wordsOf).join(), /Adalbert/)
})
