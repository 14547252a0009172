import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { makeTenant, startApi, type TestApi } from "./api.ts"

const START = Date.parse("2026-11-22T06:00:00Z")
let now = START
let api: TestApi
before(async () => void (api = await startApi({ now: () => now, rateLimit: 100 })))
after(() => api.close())

test("a tenant is made, listed, renamed and deleted", async () => {
  const { id, path } = await makeTenant(api, "One")
  const read = await api.call(`GET ${path}`)
  assert.deepEqual(Object.keys(read.body), ["id", "name", "createdAt"])
  assert.equal(read.body.name, "One")
  const listed = await api.call("GET /v1/tenants")
  assert.ok(listed.body.data.some((each: { id: string }) => each.id === id))
  const renamed = await api.call(`PATCH ${path}`, { body: { name: "Two" } })
  assert.equal(renamed.body.name, "Two")
  assert.equal((await api.call(`DELETE ${path}`)).status, 204)
  assert.equal((await api.call(`GET ${path}`)).status, 404)
  assert.equal((await api.call(`GET ${path}/endpoints`)).status, 404)
  assert.equal((await api.call(`DELETE ${path}`)).status, 404)
})

test("a key opens its own tenant until it is revoked, and is shown once", async () => {
  const { path, key } = await makeTenant(api)
  assert.match(key, /^rbk_[0-9a-z]{26}_[0-9a-z]{26}_[A-Za-z0-9_-]{43}$/)
  assert.equal((await api.call(`GET ${path}`, { key })).status, 200)
  assert.equal((await api.call(`PATCH ${path}`, { key, body: { name: "x" } })).status, 403)
  assert.equal((await api.call("GET /v1/tenants", { key })).status, 403)
  assert.equal((await api.call("GET /v1/event-types", { key })).status, 200)
  const listed = await api.call(`GET ${path}/keys`, { key })
  assert.ok(!listed.text.includes(key.slice(-43)))
  const { id } = listed.body.data[0]
  assert.equal((await api.call(`DELETE ${path}/keys/${id}`, { key })).status, 204)
  const refused = await api.call(`GET ${path}`, { key })
  assert.deepEqual([refused.status, refused.body.code], [401, "auth.invalid"])
  assert.equal((await api.call(`DELETE ${path}/keys/${id}`)).status, 404)
})

test("a key ends when it was said to", async () => {
  const { path } = await makeTenant(api)
  const expiresAt = new Date(now + 60_000).toISOString()
  const made = await api.call(`POST ${path}/keys`, { body: { name: "short", expiresAt } })
  assert.equal(made.body.expiresAt, expiresAt)
  const { key } = made.body
  assert.equal((await api.call(`GET ${path}`, { key })).status, 200)
  now += 60_000
  assert.equal((await api.call(`GET ${path}`, { key })).status, 401)
  for (const wrong of [expiresAt, "tomorrow", "2026-02-30T00:00:00Z", 1]) {
    const answer = await api.call(`POST ${path}/keys`, { body: { name: "x", expiresAt: wrong } })
    assert.equal(answer.body.errors[0].path, "/expiresAt", String(wrong))
  }
})

test("when a key was used is known within the hour, without a write each time", async () => {
  const { path, key } = await makeTenant(api)
  const lastUsed = async () => (await api.call(`GET ${path}/keys`)).body.data[0].lastUsedAt
  assert.equal(await lastUsed(), null)
  const first = new Date(now).toISOString()
  await api.call(`GET ${path}`, { key })
  now += 59 * 60_000
  await api.call(`GET ${path}`, { key })
  assert.equal(await lastUsed(), first)
  now += 60_000
  await api.call(`GET ${path}`, { key })
  assert.equal(await lastUsed(), new Date(now).toISOString())
})

test("a name as long as a body may be is refused as quickly as a short one", async () => {
  const { path } = await makeTenant(api)
  for (const name of [" ", "a", "a ", "\u00a0"].map((text) => text.repeat(30_000) + "\u0001")) {
    // Read in more than one way, each of these would keep the process busy for a minute.
    const startedAt = performance.now()
    const answer = await api.call(`POST ${path}/keys`, { body: { name } })
    assert.equal(answer.status, 400)
    assert.ok(performance.now() - startedAt < 10_000)
  }
})

test("the keys of a deleted tenant are none", async () => {
  const { path, key } = await makeTenant(api)
  await api.call(`DELETE ${path}`)
  assert.equal((await api.call(`GET ${path}`, { key })).status, 401)
})

test("a key may make so many requests a second, the operator as many as he likes", async () => {
  const { path, key } = await makeTenant(api)
  const call = () => api.call(`GET ${path}`, { key })
  const burst = await Promise.all(Array.from({ length: 110 }, call))
  const statuses = burst.map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 200).length, 100)
  const refused = burst.find(({ status }) => status === 429)!
  assert.equal(refused.body.code, "rate_limit.exceeded")
  assert.equal(refused.headers.get("retry-after"), "1")
  assert.equal(refused.headers.get("ratelimit-remaining"), "0")
  assert.equal(refused.headers.get("ratelimit-limit"), "100")
  assert.equal((await api.call(`GET ${path}`)).status, 200)
  const other = await makeTenant(api)
  assert.equal((await api.call(`GET ${other.path}`, { key: other.key })).status, 200)
  now += 10
  assert.deepEqual([(await call()).status, (await call()).status], [200, 429])
  now += 60_000
  const rested = await call()
  assert.equal(rested.headers.get("ratelimit-remaining"), "99")
})
