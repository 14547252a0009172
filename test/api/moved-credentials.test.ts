import assert from "node:assert/strict"
import { after, before, test } from "node:test"
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

for (const ifMatch of [undefined, '"2"'])
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
    assert.equal(moved.status, 400, moved.text)
    assert.equal(moved.body.errors[0].path, "/auth")
    const { body } = await api.call(`GET ${at}`, { key })
    assert.deepEqual([body.url, body.auth.type], [url, "bearer"])
  })
