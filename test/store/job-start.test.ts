import * as Endpoint from "@ringback/store/endpoint"
import * as JobStart from "@ringback/store/job-start"
import assert from "node:assert/strict"
import { test } from "node:test"
import { makeEndpoint } from "../harness/system.ts"
import { DAY, START, useTable } from "./table.ts"

const world = useTable({ isLagging: true })
const kinds = ["hold", "spread", "erase"] as const
const target = (kind: (typeof kinds)[number], id = "ep_a") => ({ tenant: world.tenant, kind, id })

test("the latest start is known at once, and an earlier one that is noted later changes nothing", async () => {
  assert.equal(await JobStart.latest(world.table, target("hold")), undefined)
  await JobStart.note(world.table, target("hold"), 1)
  assert.deepEqual(await JobStart.latest(world.table, target("hold")), { number: 1, at: START })
  world.now += DAY
  await JobStart.note(world.table, target("hold"), 2)
  assert.equal(await JobStart.latest(world.table, target("spread")), undefined)
  const second = { number: 2, at: START + DAY }
  assert.deepEqual(await JobStart.latest(world.table, target("hold")), second)
  await assert.doesNotReject(JobStart.note(world.table, target("hold"), 1))
  assert.deepEqual(await JobStart.latest(world.table, target("hold")), second)
})

test("nothing is kept of the jobs of an endpoint that is purged", async () => {
  const { table, tenant } = world
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/")
  for (const kind of kinds) {
    await JobStart.note(table, target(kind, endpoint.id), 1)
    await JobStart.note(table, target(kind, "ep_other"), 1)
  }
  await Endpoint.remove(table, tenant, endpoint.id)
  assert.equal(await Endpoint.purge(table, tenant, endpoint.id), true)
  for (const kind of kinds) {
    assert.equal(await JobStart.latest(table, target(kind, endpoint.id)), undefined, kind)
    assert.equal((await JobStart.latest(table, target(kind, "ep_other")))?.number, 1)
  }
})
