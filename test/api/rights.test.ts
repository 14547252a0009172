import assert from "node:assert/strict"
import { once } from "node:events"
import { request } from "node:http"
import { after, before, test } from "node:test"
import { createApi } from "@ringback/functions/api/index"
import { startApi as serveApi, type ApiServer } from "@ringback/local/api-server"
import * as Source from "@ringback/store/source"
import * as Endpoint from "@ringback/store/endpoint"
import * as ApiKey from "@ringback/store/api-key"
import { CreationRefused } from "@ringback/store/owned"
import * as Tenant from "@ringback/store/tenant"
import { makeClients } from "../harness/stack.ts"
import { until } from "../harness/until.ts"
import { makeEndpoint } from "../harness/system.ts"
import { makeTenant, startApi, type TestApi } from "./api.ts"

let api: TestApi
let server: ApiServer
before(async () => {
  api = await startApi()
  server = await serveApi(createApi(api.deps).fetch, 0)
})
after(async () => {
  await server.close()
  await api.close()
})

/** A POST whose body ends only after `meanwhile`: by then the key was looked at, for the first time. */
async function postSlowly(
  { path, key }: { path: string; key: string },
  room: string,
  body: object,
  meanwhile: () => Promise<void>,
) {
  const text = JSON.stringify(body)
  const sent = request(`${server.url}${path}/${room}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      "content-length": String(text.length),
    },
  })
  sent.write(text.slice(0, 1))
  await until(async () => (await api.call(`GET ${path}/keys`)).body.data[0].lastUsedAt !== null)
  await meanwhile()
  sent.end(text.slice(1))
  const [response] = (await once(sent, "response")) as [import("node:http").IncomingMessage]
  response.resume()
  await once(response, "end")
  return response.statusCode
}

test("a key that is revoked while its body arrives makes nothing", async () => {
  const tenant = await makeTenant(api)
  const { path } = tenant
  const { body: listed } = await api.call(`GET ${path}/keys`)
  const status = await postSlowly(tenant, "keys", { name: "another" }, async () => {
    await api.call(`DELETE ${path}/keys/${listed.data[0].id}`)
  })
  assert.equal(status, 401)
  assert.deepEqual((await api.call(`GET ${path}/keys`)).body.data, [])
})

test("a tenant that is deleted while a body arrives gets nothing", async () => {
  const tenant = await makeTenant(api)
  const { id, path } = tenant
  const status = await postSlowly(tenant, "sources", { name: "PBX" }, async () => {
    await api.call(`DELETE ${path}`)
  })
  assert.equal(status, 401)
  assert.deepEqual((await Source.page(api.deps.table, id, { limit: 10 })).items, [])
})

test("a tenant that is deleted in the moment of a creation gets nothing, whatever is created", async () => {
  const creations: ((table: typeof api.deps.table, tenant: string) => Promise<unknown>)[] = [
    (table, tenant) => Source.create(table, tenant, { name: "PBX" }),
    (table, tenant) => makeEndpoint({ table }, tenant, "https://a.example/"),
    (table, tenant) => ApiKey.create(table, tenant, { name: "x", validUntil: null }),
  ]
  for (const create of creations) {
    const { id } = await makeTenant(api)
    const clients = makeClients(api.stack)
    // The tenant goes between the look at it and the write.
    clients.dynamodb.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === "PutItemCommand") await Tenant.remove(api.deps.table, id)
          return next(args)
        },
      { step: "initialize" },
    )
    const table = { ...api.deps.table, client: clients.dynamodb }
    await assert.rejects(create(table, id), CreationRefused)
    clients.close()
    for (const room of [Source, Endpoint]) {
      assert.deepEqual((await room.page(api.deps.table, id, { limit: 10 })).items, [])
    }
    const keys = await ApiKey.page(api.deps.table, id, { limit: 10 })
    assert.deepEqual(
      keys.items.map(({ name }) => name),
      ["test"],
    )
  }
})

test("a key of scope read may look at everything but secrets, and change nothing", async () => {
  const { path, id } = await makeTenant(api)
  const made = await api.call(`POST ${path}/keys`, { body: { name: "looks", scope: "read" } })
  assert.equal(made.body.scope, "read")
  const { key } = made.body
  const headers = { authorization: "Bearer of-the-receiver" }
  const url = "https://example.invalid/in-the-path?token=in-the-query"
  const body = { url, headers, transform: "data" }
  const endpoint = await api.call(`POST ${path}/endpoints`, { body })
  const at = `${path}/endpoints/${endpoint.body.id}`
  const source = await api.call(`POST ${path}/sources`, { body: { name: "PBX" } })

  for (const route of [`GET ${path}`, `GET ${path}/keys`, `GET ${at}`, `GET ${at}/stats`]) {
    assert.equal((await api.call(route, { key })).status, 200, route)
  }
  const shown = await api.call(`GET ${at}`, { key })
  assert.deepEqual(shown.body.headers, { authorization: "********" })
  assert.equal(shown.body.url, "https://example.invalid/********")
  assert.equal(shown.body.transform, "data")
  for (const room of ["endpoints", "audit", "events", "deliveries"]) {
    const { text } = await api.call(`GET ${path}/${room}`, { key })
    for (const secret of ["of-the-receiver", "in-the-path", "in-the-query"])
      assert.ok(!text.includes(secret), `${room}: ${secret}`)
  }
  const { body: whole } = await api.call(`GET ${at}`)
  assert.deepEqual([whole.headers, whole.url], [headers, url])
  await api.call(`PATCH ${at}`, { body: { url: "https://example.invalid" } })
  assert.match((await api.call(`GET ${at}`, { key })).body.url, /^https:\/\/example\.invalid\/?$/)

  for (const [route, sent] of [
    [`GET ${at}/secret`],
    [`POST ${at}/secret/rotate`, {}],
    [`POST ${at}/test`, {}],
    [`POST ${at}/recover`, { since: "2026-11-01T00:00:00Z", dryRun: true }],
    [`PATCH ${at}`, { disabled: true }],
    [`DELETE ${at}`],
    [`POST ${path}/keys`, { name: "full" }],
    [`DELETE ${path}/keys/${made.body.id}`],
    [`POST ${path}/sources/${source.body.id}/rotate`, {}],
    [`DELETE ${path}/sources/${source.body.id}`],
  ] as [string, object?][]) {
    const answer = await api.call(route, { key, ...(sent && { body: sent }) })
    assert.deepEqual([answer.status, answer.body.code], [403, "auth.scope"], route)
  }
  const who = await api.call("GET /v1/whoami", { key })
  assert.deepEqual(who.body, { kind: "tenant", tenantId: id, scope: "read" })
  const events = await api.call(`GET ${path}/events`, { key })
  assert.equal(events.status, 200)
})

test("a key can ask whose it is, as long as its tenant lives", async () => {
  const { id, path, key } = await makeTenant(api)
  const whoami = (sent: { key?: string } = {}) => api.call("GET /v1/whoami", sent)
  assert.deepEqual((await whoami()).body, { kind: "operator", tenantId: null, scope: "full" })
  assert.deepEqual((await whoami({ key })).body, { kind: "tenant", tenantId: id, scope: "full" })
  await Tenant.remove(api.deps.table, id)
  for (const route of ["GET /v1/whoami", "GET /v1/event-types", `GET ${path}`]) {
    assert.equal((await api.call(route, { key })).status, 401, route)
  }
})

test("a wrong method is said to be one, whatever the query says", async () => {
  for (const route of ["DELETE /v1/event-types?limit=50", "PUT /v1/tenants?x=1"]) {
    const answer = await api.call(route)
    assert.deepEqual([answer.status, answer.body.code], [405, "method.not_allowed"], route)
  }
  assert.equal((await api.call("GET /v1/nothing?limit=50")).status, 404)
})
