import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as Endpoint from "@ringback/store/endpoint"
import { subscribesTo } from "@ringback/webhooks/subscription"
import { getItem } from "@ringback/store/item"
import { endpointKey } from "@ringback/store/item-keys"
import { api, receiver, world, path } from "./endpoint-set-up.ts"

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
  test("needs its credentials again for an account with another host", async () => {
    const auth = { type: "bearer", token: "t-secret-1" }
    const pipedrive = { kind: "pipedrive", companyDomain: "acme" }
    const made = await make({ connector: { ...pipedrive, auth } })
    const change = (connector: object) =>
      api.call(`PATCH ${path}/${made.body.id}`, { key: world.key, body: { connector } })
    assert.equal((await change({ ...pipedrive, companyDomain: "ACME", live: true })).status, 200)
    const other = { ...pipedrive, companyDomain: "other" }
    const refused = await change(other)
    assert.deepEqual(
      [refused.status, refused.body.errors],
      [
        400,
        [
          {
            path: "/connector/auth",
            message: "The account has another host: give auth again",
          },
        ],
      ],
    )
    assert.equal((await change({ ...other, auth })).status, 200)
    await api.call(`DELETE ${path}/${made.body.id}`, { key: world.key })
  })

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
