import { makeOutbound } from "@ringback/functions/endpoint-kinds/send-by-kind"
import * as Endpoint from "@ringback/store/endpoint"
import { makeSender } from "@ringback/webhooks/send"
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeTenant, startApi, type TestApi } from "./api.ts"

// As one machine has it: no network is allowed, but the operator may name loopback.

let api: TestApi
let receiver: TestReceiver

before(async () => {
  receiver = await startReceiver()
  api = await startApi()
  const rules = { allowedNetworks: [], operatorLoopback: true }
  Object.assign(api.deps.urlRules, rules)
  api.deps.testOutbound = makeOutbound({ table: api.deps.table, sender: makeSender(rules) })
})
after(async () => {
  await receiver.close()
  await api.close()
})

const stored = async (tenant: string, id: string) =>
  (await Endpoint.get(api.deps.table, tenant, id, { consistent: true }))?.allowedLoopback

async function isDelivered(path: string, id: string): Promise<boolean> {
  const { body } = await api.call(`POST ${path}/endpoints/${id}/test`, { body: {} })
  return body.delivered as boolean
}

test("the operator may give an endpoint a loopback URL, a tenant may not and is told how to allow it", async () => {
  const { id: tenant, path, key } = await makeTenant(api)
  const { url } = receiver
  const refused = await api.call(`POST ${path}/endpoints`, { key, body: { url } })
  assert.equal(refused.status, 400)
  assert.equal(refused.body.code, "endpoint.url_refused")
  assert.match(refused.body.detail, /operator's key .* RINGBACK_ALLOWED_NETWORKS=127\.0\.0\.0\/8/)

  const made = await api.call(`POST ${path}/endpoints`, { body: { url } })
  assert.equal(made.status, 201, made.text)
  assert.equal(await stored(tenant, made.body.id), new URL(url).host)
  assert.equal(await isDelivered(path, made.body.id), true)
  assert.equal("allowedLoopback" in made.body, false)
})

test("nobody sets the permission itself", async () => {
  const { path, key } = await makeTenant(api)
  const body = { url: "https://example.com/", allowedLoopback: "127.0.0.1:81" }
  assert.equal((await api.call(`POST ${path}/endpoints`, { key, body })).status, 400)
  assert.equal((await api.call(`POST ${path}/endpoints`, { body })).status, 400)
  const made = await api.call(`POST ${path}/endpoints`, { body: { url: body.url } })
  const { allowedLoopback } = body
  const changed = { key, body: { allowedLoopback } }
  assert.equal((await api.call(`PATCH ${path}/endpoints/${made.body.id}`, changed)).status, 400)
})

test("a tenant's change of the URL loses the permission, any other change keeps it", async () => {
  const { id: tenant, path, key } = await makeTenant(api)
  const { url } = receiver
  const { id } = (await api.call(`POST ${path}/endpoints`, { body: { url } })).body
  const patch = (body: object, as: { key?: string } = { key }) =>
    api.call(`PATCH ${path}/endpoints/${id}`, { ...as, body })

  assert.equal((await patch({ description: "mine", disabled: true })).status, 200)
  assert.equal((await patch({ disabled: false })).status, 200)
  assert.equal(await stored(tenant, id), new URL(url).host)
  for (const other of [url, "http://127.0.0.1:9/", `${url}admin`, "http://localhost:9/"])
    assert.equal((await patch({ url: other })).status, 400, other)
  assert.equal(await isDelivered(path, id), true)

  assert.equal((await patch({ url: "https://example.com/" })).status, 200)
  assert.equal(await stored(tenant, id), null)
  assert.equal((await patch({ url })).status, 400)

  assert.equal((await patch({ url }, {})).status, 200)
  assert.equal(await stored(tenant, id), new URL(url).host)
  assert.equal((await patch({ url: "https://example.com/" }, {})).status, 200)
  assert.equal(await stored(tenant, id), null)
})

test("a name that resolves to loopback is no loopback URL, not even the operator's", async (t) => {
  const { resolve } = api.deps.urlRules
  t.after(() => (api.deps.urlRules.resolve = resolve))
  api.deps.urlRules.resolve = async () => ["127.0.0.1"]
  const { path } = await makeTenant(api)
  for (const url of ["https://rebinding.example:81/", "http://10.0.0.1:81/"])
    assert.equal((await api.call(`POST ${path}/endpoints`, { body: { url } })).status, 400, url)
})

test("as deployed the operator's loopback URL is refused too, and no advice is given", async (t) => {
  api.deps.urlRules.operatorLoopback = false
  t.after(() => (api.deps.urlRules.operatorLoopback = true))
  const { path } = await makeTenant(api)
  const { url } = receiver
  const refused = await api.call(`POST ${path}/endpoints`, { body: { url } })
  assert.equal(refused.status, 400)
  assert.doesNotMatch(refused.body.detail, /operator|RINGBACK/)
})
