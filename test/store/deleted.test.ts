import * as Endpoint from "@ringback/store/endpoint"
import * as Source from "@ringback/store/source"
import * as Tenant from "@ringback/store/tenant"
import assert from "node:assert/strict"
import { test } from "node:test"
import { getItem } from "@ringback/store/item"
import { sourceKey } from "@ringback/store/item-keys"
import { makeEndpoint } from "../harness/system.ts"
import { useTable } from "./table.ts"

const world = useTable({ isLagging: true })

test("what was deleted is known as deleted at once, and what never existed is not", async () => {
  const { table } = world
  const tenant = (await Tenant.create(table, { name: "Acme" })).id
  const { source } = await Source.create(table, tenant, { name: "pbx" })
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/")
  const resources = [
    {
      isDeleted: () => Source.isDeleted(table, tenant, source.id),
      remove: () => Source.remove(table, tenant, source.id),
    },
    {
      isDeleted: () => Endpoint.isDeleted(table, tenant, endpoint.id),
      remove: () => Endpoint.remove(table, tenant, endpoint.id),
    },
    {
      isDeleted: () => Tenant.isDeleted(table, tenant),
      remove: () => Tenant.remove(table, tenant),
    },
  ]
  for (const { isDeleted, remove } of resources) {
    assert.equal(await isDeleted(), false)
    assert.equal(await remove(), true)
    assert.equal(await isDeleted(), true)
    assert.equal(await remove(), false)
  }
  assert.equal(await Source.isDeleted(table, tenant, "src_none"), false)
})

test("of a deleted source no name, key or collector is kept", async () => {
  const { table, tenant } = world
  const { source } = await Source.create(table, tenant, { name: "pbx" })
  await Source.remove(table, tenant, source.id)
  const { name, keys, collectors } = (await getItem(table, sourceKey(tenant, source.id), {
    consistent: true,
  }))!
  assert.deepEqual({ name, keys, collectors }, { name: "", keys: [], collectors: {} })
})
