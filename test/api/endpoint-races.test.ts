import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Health from "@ringback/store/health"
import { makeTenant, startApi, type TestApi } from "./api.ts"

let api: TestApi
/** What DNS is asked while a change is checked. */
let asked: ((host: string) => Promise<void>) | undefined
before(async () => {
  api = await startApi()
  api.deps.urlRules.resolve = async (host: string) => {
    await asked?.(host)
    return ["127.0.0.1"]
  }
})
after(() => api.close())

for (const ifMatch of [undefined, '"1"'])
  test(`credentials that are set while another host is checked stay with theirs, If-Match ${ifMatch}`, async () => {
    const { path, key } = await makeTenant(api)
    const url = "http://good.localhost/"
    const made = await api.call(`POST ${path}/endpoints`, { key, body: { url } })
    const at = `${path}/endpoints/${made.body.id}`
    const set = async () => {
      asked = undefined
      const auth = { type: "bearer", token: "secret" }
      const { status } = await api.call(`PATCH ${at}`, { key, body: { auth } })
      assert.equal(status, 200)
    }
    asked = (host) => (host === "other.localhost" ? set() : Promise.resolve())
    const moved = await api.call(`PATCH ${at}`, {
      key,
      ...(ifMatch !== undefined && { headers: { "if-match": ifMatch } }),
      body: { url: "http://other.localhost/" },
    })
    assert.equal(moved.status, ifMatch === undefined ? 400 : 412, moved.text)
    if (ifMatch === undefined) assert.equal(moved.body.errors[0].path, "/auth")
    const { body } = await api.call(`GET ${at}`, { key })
    assert.deepEqual([body.url, body.auth.type], [url, "bearer"])
  })

test("a change with an old ETag leaves what is known of the endpoint's failures", async () => {
  asked = undefined
  const { id: tenant, path } = await makeTenant(api)
  const { table } = api.deps
  const made = await api.call(`POST ${path}/endpoints`, {
    body: { url: "http://good.localhost/", disabled: true },
  })
  const { id } = made.body
  await BreakerState.open(table, tenant, id, Date.now())
  const isOpen = async () =>
    BreakerState.isOpen(await Health.get(table, tenant, id, { consistent: true }))
  const enable = (etag: string) =>
    api.call(`PATCH ${path}/endpoints/${id}`, {
      headers: { "if-match": etag },
      body: { disabled: false },
    })
  assert.equal((await enable('"7"')).status, 412)
  assert.equal(await isOpen(), true)
  assert.equal((await enable(made.headers.get("etag")!)).status, 200)
  assert.equal(await isOpen(), false)
})
