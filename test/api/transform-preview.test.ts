import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as Lease from "@ringback/store/lease"
import { makeWorld } from "./world.ts"
import { api, receiver, world, path } from "./endpoint-set-up.ts"

describe("preview", () => {
  const preview = (body: object, key = world.key) => api.call(`POST ${path}/preview`, { key, body })

  test("shows what a transform makes of an example, and sends nothing", async () => {
    const before = receiver.arrived.length
    const { body, status } = await preview({
      url: receiver.url,
      transform: '{"$request": {"path": "/x", "body": {"is": data.statusName}}}',
      auth: { type: "bearer", token: "t-secret-1" },
      event: "campaign.updated",
    })
    assert.equal(status, 200)
    const [request] = body.requests
    assert.deepEqual(
      [body.matches, request.method, request.url],
      [true, "POST", new URL("/x", receiver.url).href],
    )
    assert.deepEqual(Object.keys(JSON.parse(request.body)), ["is"])
    assert.equal(request.headers.authorization, "********")
    assert.equal(receiver.arrived.length, before)
  })

  test("is of the event type that is asked for, else of one that the endpoint wants", async () => {
    for (const [asked, type] of [
      [{ event: "queue.created", eventTypes: ["campaign.updated"] }, "queue.created"],
      [{ eventTypes: ["campaign.updated"] }, "campaign.updated"],
    ] as const) {
      const { body } = await preview({ url: receiver.url, transform: "type", ...asked })
      assert.deepEqual(
        body.requests.map((each: { body: string }) => JSON.parse(each.body)),
        [type],
      )
    }
  })

  test("says whether the filter lets an event in, and that a transform does not want it", async () => {
    const { body } = await preview({
      transform: "null",
      filter: { "data.status": [77] },
      event: "campaign.updated",
    })
    assert.deepEqual(body, { matches: false, requests: [], error: "not wanted by its transform" })
  })

  for (const connector of [
    { kind: "hubspot" },
    { kind: "salesforce", instanceUrl: "https://acme.my.salesforce.com" },
    { kind: "pipedrive", companyDomain: "acme" },
    { kind: "zoho", dataCenter: "eu" },
  ])
    test(`shows the requests of ${connector.kind}, without a token`, async () => {
      const { body, status, text } = await preview({ connector })
      assert.equal(status, 200, text)
      assert.equal(body.matches, true)
      assert.equal(body.error, null)
      assert.ok(body.requests.length >= 2)
      for (const { headers } of body.requests)
        assert.ok(Object.values(headers).includes("********"))
    })

  test("five with an expression run at once for a tenant, on whatever instances; the others are not counted", async () => {
    const { table } = api.deps
    const tenant = world.ids["tenantId"]!
    const leases = ["1", "2", "3", "4", "5"].map((name) => {
      const owner = `another-instance-${name}`
      return { tenant, kind: "WAIT", name: `PREVIEW#${name}`, owner }
    })
    const about = { limit: 8, leaseMs: 30_000 }
    for (const lease of leases)
      assert.equal((await Lease.take(table, lease, about)).outcome, "taken")
    const event = "campaign.updated"
    const map = { connector: { kind: "hubspot", map: '{"a": 1}' } }
    for (const body of [{ transform: "1", event }, map]) {
      const refused = await preview(body)
      assert.deepEqual([refused.status, refused.body.code], [429, "rate_limit.exceeded"])
      assert.ok(Number(refused.headers.get("retry-after")) > 0)
    }
    for (const body of [{ event }, { transform: null, event }, { connector: { kind: "hubspot" } }])
      assert.equal((await preview(body)).status, 200)
    const other = await makeWorld(api, receiver.url)
    const at = `POST /v1/tenants/${other.ids["tenantId"]}/endpoints/preview`
    const elsewhere = await api.call(at, { key: other.key, body: { transform: "1", event } })
    assert.equal(elsewhere.status, 200)

    await Lease.release(table, leases[0]!)
    // There is one place, which each gives back, however it ends.
    for (const transform of ["1", '$error("no")', "($f := function($n){ $f($n + 1) }; $f(0))", "1"])
      assert.equal((await preview({ transform, event })).status, 200, transform)
    for (const lease of leases) await Lease.release(table, lease)
  })

  test("is for a key that may only read too", async () => {
    const { body } = await api.call(`POST ${path.replace("/endpoints", "/keys")}`, {
      body: { name: "r", scope: "read" },
    })
    assert.equal((await preview({ event: "campaign.updated" }, body.key)).status, 200)
  })
})
