import assert from "node:assert/strict"
import { test } from "node:test"
import { concerns } from "@ringback/local/kept-source"

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
