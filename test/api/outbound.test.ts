import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import * as Endpoint from "@ringback/store/endpoint"
import { subscribesTo } from "@ringback/webhooks/subscription"
import * as Lease from "@ringback/store/lease"
import { getItem } from "@ringback/store/item"
import { endpointKey } from "@ringback/store/keys"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { startApi, type TestApi } from "./api.ts"
import { makeWorld, type World } from "./world.ts"

let api: TestApi
let receiver: TestReceiver
let world: World
let path: string
before(async () => {
  receiver = await startReceiver()
  api = await startApi()
  world = await makeWorld(api, receiver.url)
  path = `/v1/tenants/${world.ids["tenantId"]}/endpoints`
})
after(async () => {
  await api.deps.testOutbound.close()
  await receiver.close()
  await api.close()
})

const make = (body: object) => api.call(`POST ${path}`, { key: world.key, body })
const hubspot = { kind: "hubspot", auth: { type: "bearer", token: "pat-secret-1" } }

describe("auth", () => {
  const oauth = {
    type: "oauth2",
    tokenUrl: "https://1.1.1.1/token",
    clientId: "c",
    clientSecret: "s-secret-1",
  }
  for (const [auth, shown] of [
    [
      { type: "bearer", token: "t-secret-1" },
      { type: "bearer", token: null },
    ],
    [
      { type: "basic", username: "u", password: "p-secret-1" },
      { type: "basic", username: "u", password: null },
    ],
    [
      { type: "header", name: "x-api-key", value: "v-secret-1" },
      { type: "header", name: "x-api-key", value: null },
    ],
    [
      { ...oauth, grant: "client_credentials", scope: "a b" },
      { ...oauth, grant: "client_credentials", scope: "a b", clientSecret: null },
    ],
    [
      { ...oauth, grant: "refresh_token", refreshToken: "r-secret-1" },
      { ...oauth, grant: "refresh_token", clientSecret: null, refreshToken: null },
    ],
  ])
    test(`${JSON.stringify(shown)}: its secrets are sealed, and never shown again`, async () => {
      const made = await make({ url: receiver.url, auth })
      assert.equal(made.status, 201, made.text)
      assert.deepEqual(made.body.auth, shown)
      const read = await api.call(`GET ${path}/${made.body.id}`, { key: world.key })
      assert.deepEqual(read.body.auth, shown)
      const item = await getItem(api.deps.table, endpointKey(world.ids["tenantId"]!, made.body.id))
      for (const text of [made.text, read.text, JSON.stringify(item)])
        assert.doesNotMatch(text, /-secret-1/)
    })

  for (const [what, body, at] of [
    [
      "a private tokenUrl",
      { auth: { ...oauth, grant: "client_credentials", tokenUrl: "https://169.254.169.254/" } },
      "/auth/tokenUrl",
    ],
    ["a header of the connection", { auth: { type: "header", name: "Host", value: "x" } }, "/auth"],
    [
      "a header that is set twice",
      { auth: { type: "bearer", token: "t" }, headers: { Authorization: "x" } },
      "/headers/Authorization",
    ],
    ["an unknown field", { auth: { type: "bearer", token: "t", more: 1 } }, "/auth/more"],
    ["a transform that is no JSONata", { transform: "{" }, "/transform"],
    ["a transform that is too large", { transform: `"${"x".repeat(8192)}"` }, "/transform"],
  ] as const)
    test(`${what} is refused at ${at}`, async () => {
      const refused = await make({ url: receiver.url, ...body })
      assert.equal(refused.status, 400, refused.text)
      assert.deepEqual(
        refused.body.errors.map((each: { path: string }) => each.path),
        [at],
      )
    })
})

describe("a url that leads elsewhere", () => {
  const auth = { type: "bearer", token: "t-secret-1" }
  const change = (id: string, body: object) =>
    api.call(`PATCH ${path}/${id}`, { key: world.key, body })

  test("needs auth again: credentials are not shown to another host", async () => {
    const { body: made } = await make({ url: receiver.url, auth })
    const id = String(made["id"])
    const elsewhere = "https://1.1.1.1/hooks"
    const refused = await change(id, { url: elsewhere })
    assert.equal(refused.status, 400)
    assert.deepEqual(refused.body["errors"], [
      { path: "/auth", message: "The url has another host: give auth again, or null" },
    ])
    assert.equal((await change(id, { url: `${new URL(receiver.url).origin}/other` })).status, 200)
    assert.equal((await change(id, { url: elsewhere, auth })).status, 200)
    assert.equal((await change(id, { url: receiver.url, auth: null })).status, 200)
    assert.equal((await change(id, { url: elsewhere })).status, 200)
  })
})

describe("a connector", () => {
  test("is taken, shown without its token, changed without it, and stays of its kind", async () => {
    const made = await make({ connector: { ...hubspot, country: "DK" } })
    const listed = await Endpoint.list(api.deps.table, world.ids["tenantId"]!)
    const asked = listed.find(({ id }) => id === made.body.id)!
    const wanted = ["call.started", "call.answered", "call.completed", "dialing.deleted"].filter(
      (type) => subscribesTo(asked, { type, source: "src_a" }),
    )
    assert.deepEqual(wanted, ["call.completed"], "as fan-out reads it")
    assert.equal(made.status, 201, made.text)
    assert.equal(made.body.url, null)
    assert.equal(made.body.secret, undefined)
    assert.equal(made.body.connector.country, "DK")
    assert.deepEqual(made.body.connector.auth, { type: "bearer", token: null })
    assert.doesNotMatch(made.text, /pat-secret/)
    const one = `${path}/${made.body.id}`
    const changed = await api.call(`PATCH ${one}`, {
      key: world.key,
      body: { connector: { kind: "hubspot", match: "email" } },
    })
    assert.equal(changed.status, 200, changed.text)
    assert.deepEqual(
      [changed.body.connector.match, changed.body.connector.auth.type],
      ["email", "bearer"],
    )
    for (const body of [
      { connector: { kind: "zoho" } },
      { url: receiver.url },
      { transform: "1" },
      { auth: { type: "bearer", token: "t" } },
    ]) {
      const refused = await api.call(`PATCH ${one}`, { key: world.key, body })
      assert.equal(refused.status, 400, JSON.stringify(body) + refused.text)
    }
    assert.equal((await api.call(`GET ${one}/secret`, { key: world.key })).status, 409)
    assert.equal(
      (await api.call(`POST ${one}/secret/rotate`, { key: world.key, body: {} })).status,
      409,
    )
  })

  for (const [what, body, at] of [
    ["beside a url", { url: "https://example.com/", connector: hubspot }, ""],
    ["with neither", {}, ""],
    ["with a transform", { connector: hubspot, transform: "1" }, "/transform"],
    ["with signing", { connector: hubspot, signing: "hmac" }, "/signing"],
    ["with other events", { connector: hubspot, eventTypes: ["campaign.*"] }, "/eventTypes/0"],
    [
      "with a setting of another kind",
      { connector: { ...hubspot, dataCenter: "eu" } },
      "/connector/dataCenter",
    ],
    ["without a token", { connector: { kind: "hubspot" } }, "/connector/auth"],
    [
      "with a country that is none",
      { connector: { ...hubspot, country: "XX" } },
      "/connector/country",
    ],
    [
      "with a way to match that is none",
      { connector: { ...hubspot, match: "name" } },
      "/connector/match",
    ],
    ["with a map that is no JSONata", { connector: { ...hubspot, map: "{" } }, "/connector/map"],
    ...[
      "https://evil.example",
      "http://acme.my.salesforce.com",
      "https://acme.my.salesforce.com.evil.example",
      "https://evil.example/.my.salesforce.com",
      "https://acme.my.salesforce.com@evil.example",
      "https://169.254.169.254",
      "https://acme.my.salesforce.com:8443",
      "https://a.b.c.my.salesforce.com",
    ].map(
      (instanceUrl) =>
        [
          `at ${instanceUrl}`,
          {
            connector: {
              kind: "salesforce",
              instanceUrl,
              auth: {
                type: "oauth2",
                grant: "client_credentials",
                clientId: "c",
                clientSecret: "s",
              },
            },
          },
          "/connector/instanceUrl",
        ] as const,
    ),
    [
      "at a company with a dot",
      { connector: { kind: "pipedrive", companyDomain: "evil.example/", auth: hubspot.auth } },
      "/connector/companyDomain",
    ],
  ] as const)
    test(`${what} is refused`, async () => {
      const refused = await make(body)
      assert.equal(refused.status, 400, refused.text)
      assert.equal(refused.body.errors[0].path, at, refused.text)
    })
})

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
