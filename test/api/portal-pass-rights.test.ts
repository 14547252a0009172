import { callerOf, originOf } from "@ringback/functions/api/portal-pass-rights"
import * as ApiKey from "@ringback/store/api-key"
import * as PortalPass from "@ringback/store/portal-pass"
import assert from "node:assert/strict"
import { test } from "node:test"
import { MINUTE, useTable } from "../store/table.ts"

// What is read without `ConsistentRead` lags here, as it may on AWS.
const world = useTable({ isLagging: true })
const deps = () => ({ table: world.table, operatorKey: "the operator's key" })

async function session(scope: "full" | "read") {
  const { apiKey } = await ApiKey.create(world.table, world.tenant, {
    name: "k",
    validUntil: null,
    scope,
  })
  const caller = { kind: "tenant", id: apiKey.id, tenant: world.tenant, scope } as const
  const settings = {
    tenant: world.tenant,
    scope: "full" as const,
    origin: originOf(deps(), caller),
  }
  const { pass } = await PortalPass.create(world.table, "ses", settings, 60 * MINUTE)
  return { apiKey, pass }
}

test("a session ends the moment its key is revoked", async () => {
  const { apiKey, pass } = await session("full")
  assert.equal((await callerOf(deps(), pass))?.id, apiKey.id)
  await ApiKey.remove(world.table, world.tenant, apiKey.id)
  assert.equal(await callerOf(deps(), pass), undefined)
})

test("a session has no more rights than its key", async () => {
  const { pass } = await session("read")
  const caller = await callerOf(deps(), pass)
  assert.equal(caller?.kind === "tenant" && caller.scope, "read")
})

test("the operator's session ends when the operator's key is replaced", async () => {
  const operator = { kind: "operator", id: "operator" } as const
  const settings = { tenant: null, scope: "full" as const, origin: originOf(deps(), operator) }
  const { pass } = await PortalPass.create(world.table, "ses", settings, 60 * MINUTE)
  assert.deepEqual(await callerOf(deps(), pass), operator)
  assert.equal(await callerOf({ ...deps(), operatorKey: "another" }, pass), undefined)
})
