import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import * as Lease from "@ringback/store/lease"
import { makeTenant, startApi, type TestApi } from "./api.ts"

let api: TestApi
before(async () => void (api = await startApi()))
after(() => api.close())

const never = () => new Promise<never>(() => {})
const PRIVATE = ["10.0.0.1"]
beforeEach(() => void (api.deps.urlRules.resolve = never))

const url = "https://silent.example/hook"
const auth = {
  type: "oauth2",
  grant: "client_credentials",
  tokenUrl: "https://silent.example/token",
  clientId: "a",
  clientSecret: "b",
}
const warned = (body: { warnings?: { path: string; message: string }[] }) =>
  (body.warnings ?? []).map(({ path, message }) => {
    assert.match(message, /did not answer in time .*Check the host's name and its DNS servers/)
    return path
  })

test(
  "a URL whose DNS servers are silent is accepted after a second, with what to do about it",
  { timeout: 30_000 },
  async () => {
    const { path } = await makeTenant(api)
    const startedAt = performance.now()
    const made = await api.call(`POST ${path}/endpoints`, { body: { url, auth } })
    assert.equal(made.status, 201, made.text)
    assert.deepEqual(warned(made.body), ["/url", "/auth/tokenUrl"])
    const at = `${path}/endpoints/${made.body.id}`
    const changed = await api.call(`PATCH ${at}`, { body: { url: `${url}/2` } })
    assert.deepEqual(warned(changed.body), ["/url"])
    assert.ok(performance.now() - startedAt < 4500)
    assert.equal((await api.call(`GET ${at}`)).body.warnings, undefined)
  },
)

test("a key that may only read waits no longer for its preview", { timeout: 30_000 }, async () => {
  const { path } = await makeTenant(api)
  const made = await api.call(`POST ${path}/keys`, { body: { name: "looks", scope: "read" } })
  const body = { auth, event: "campaign.updated" }
  const { key } = made.body
  assert.equal((await api.call(`POST ${path}/endpoints/preview`, { key, body })).status, 200)
})

test("four of a tenant's requests wait for DNS; a slow answer counts for them, and not for the next", async () => {
  const { id, path } = await makeTenant(api)
  api.deps.urlRules.resolve = () => wait(400, PRIVATE)
  const create = () => api.call(`POST ${path}/endpoints`, { body: { url } })
  const refused = await create()
  assert.deepEqual([refused.status, refused.body.code], [400, "endpoint.url_refused"])
  const places = ["1", "2", "3", "4"].map((name) => {
    return { tenant: id, kind: "WAIT", name: `LOOKUP#${name}`, owner: "another instance" }
  })
  for (const place of places) await Lease.take(api.deps.table, place, { limit: 8, leaseMs: 60_000 })
  const accepted = await create()
  assert.equal(accepted.status, 201)
  assert.deepEqual(warned(accepted.body), ["/url"])
  // A quick answer needs no place.
  api.deps.urlRules.resolve = async () => PRIVATE
  assert.equal((await create()).status, 400)
})

test("a URL whose look-up fails is accepted without a warning, as one that does not exist is", async () => {
  const { path } = await makeTenant(api)
  api.deps.urlRules.resolve = () => Promise.reject(new Error("SERVFAIL"))
  const made = await api.call(`POST ${path}/endpoints`, { body: { url } })
  assert.deepEqual([made.status, made.body.warnings], [201, undefined])
})
