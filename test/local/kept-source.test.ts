import assert from "node:assert/strict"
import { test } from "node:test"
import type { Admin } from "@ringback/local/admin"
import { concerns, keepSource } from "@ringback/local/kept-source"
import { startApi } from "../api/api.ts"

test("a kept source is looked at again after each request that may have changed it, and no other", () => {
  const kept = { tenant: "ten_a", source: "src_b", token: "rbs_c" }
  const isConcerned = (method: string, path: string) =>
    concerns(kept, new Request(`http://127.0.0.1:3000${path}`, { method }))
  for (const [method, path] of [
    ["POST", "/v1/tenants/ten_a/sources/src_b/rotate"],
    ["POST", "/v1/tenants/ten_a/sources/src%5Fb/rotate"],
    ["DELETE", "/v1/tenants/ten_a/sources/src_b"],
    ["DELETE", "/v1/tenants/ten%5fa"],
    ["POST", "/portal/ten_a/sources/src_b/rotate"],
    ["POST", "/portal/tenants/ten_a/delete"],
  ] as const)
    assert.equal(isConcerned(method, path), true, `${method} ${path}`)
  for (const [method, path] of [
    ["GET", "/v1/tenants/ten_a/sources/src_b"],
    ["POST", "/v1/tenants/ten_a/endpoints/ep_c/messages"],
    ["POST", "/v1/tenants/ten_a/sources/src_d/rotate"],
    ["DELETE", "/v1/tenants/ten_other"],
    ["POST", "/%zz"],
  ] as const)
    assert.equal(isConcerned(method, path), false, `${method} ${path}`)
})

test("the source of a tenant that was deleted is not kept, though its erasure has not come to it", async (t) => {
  const api = await startApi()
  t.after(() => api.close())
  const admin: Admin = {
    async call<T>(method: string, path: string, body?: unknown) {
      const answer = await api.call(`${method} /v1${path}`, body ? { body } : {})
      return answer.status === 404 ? undefined : (answer.body as T)
    },
  }
  const files = new Map<string, string>()
  const dir = {
    read: (name: string) => files.get(name),
    write: (name: string, text: string | Buffer) => void files.set(name, String(text)),
  }
  const keep = () => keepSource(admin, api.deps.table, dir, "local")
  const first = await keep()
  assert.deepEqual(await keep(), first)
  // No worker runs here.
  assert.equal((await api.call(`DELETE /v1/tenants/${first.tenant}`)).status, 204)
  const second = await keep()
  assert.notEqual(second.tenant, first.tenant)
  assert.notEqual(second.source, first.source)
  assert.ok(await admin.call("GET", `/tenants/${second.tenant}/sources/${second.source}`))
  assert.deepEqual(JSON.parse(files.get("local.json")!), second)
})
