import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { makeTenant, startApi, type TestApi } from "./api.ts"

let api: TestApi
before(async () => void (api = await startApi()))
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
