import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import * as Lease from "@ringback/store/lease"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeTenant, startApi, type TestApi } from "./api.ts"

let api: TestApi
let receiver: TestReceiver
before(async () => {
  api = await startApi()
  receiver = await startReceiver()
})
after(async () => {
  await receiver.close()
  await api.close()
})

/** Requests that wait on other instances. */
async function occupy(tenant: string, names: string[]) {
  const leases = names.map((name) => ({ tenant, kind: "WAIT", name, owner: `another ${name}` }))
  for (const lease of leases) {
    const taken = await Lease.take(api.deps.table, lease, { limit: 8, leaseMs: 60_000 })
    assert.equal(taken.outcome, "taken")
  }
  return leases
}

test("eight of a tenant's requests wait at once, whatever for; other tenants' are not counted", async () => {
  const { id, path } = await makeTenant(api)
  const make = async (at: string) =>
    (await api.call(`POST ${at}/endpoints`, { body: { url: receiver.url } })).body.id as string
  const at = `${path}/endpoints/${await make(path)}`
  const leases = await occupy(id, ["PULL#1", "PULL#2", "PULL#3", "PULL#4", "PULL#5", "PULL#6"])
  leases.push(...(await occupy(id, ["REPEAT#1", "COUNT#1"])))
  const since = "2026-11-01T00:00:00Z"
  const calls: [string, object, number][] = [
    [`POST ${at}/test`, {}, 200],
    [`POST ${at}/recover`, { since, dryRun: true }, 200],
    [`POST ${at}/recover`, { since }, 202],
    [`POST ${path}/endpoints/preview`, { transform: "1", event: "campaign.updated" }, 200],
  ]
  for (const [route, body] of calls) {
    const refused = await api.call(route, { body })
    assert.deepEqual([refused.status, refused.body.code], [429, "rate_limit.exceeded"], route)
    assert.match(refused.body.detail, /and 8 with all other requests/)
    assert.equal(refused.headers.get("retry-after"), "5")
  }
  const other = await makeTenant(api)
  const elsewhere = `${other.path}/endpoints/${await make(other.path)}`
  assert.equal((await api.call(`POST ${elsewhere}/test`, { body: {} })).status, 200)
  await Lease.release(api.deps.table, leases[0]!)
  // There is one place, which each gives back.
  for (const [route, body, status] of calls)
    assert.equal((await api.call(route, { body })).status, status, route)
})
