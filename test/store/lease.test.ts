import assert from "node:assert/strict"
import { test } from "node:test"
import { factsOfEvent } from "@ringback/store/delivery-facts"
import * as Endpoint from "@ringback/store/endpoint"
import { getItem, query } from "@ringback/store/item"
import { endpointKey, replayPartition } from "@ringback/store/item-keys"
import * as Lease from "@ringback/store/lease"
import { noteReplay } from "@ringback/store/replay"
import { isExpired, toSeconds } from "@ringback/store/table"
import { makeEndpoint } from "../harness/system.ts"
import { logOf } from "./log.ts"
import { DAY, MINUTE, RETENTION, START, useTable } from "./table.ts"

const world = useTable({ isLagging: true })
const { makeEvent } = logOf(world)
const limits = { limit: 9, leaseMs: MINUTE }
const lease = (name: string, owner: string) => ({
  tenant: world.tenant,
  kind: "TEST",
  name,
  owner,
})

test("of many who want a lease that another gave back one has it, again and again", async () => {
  const { table } = world
  for (let round = 0; round < 4; round++) {
    const taken = await Promise.all(
      Array.from({ length: 6 }, (_, index) => Lease.take(table, lease("a", `${index}`), limits)),
    )
    const winners = taken.flatMap(({ outcome }, index) => (outcome === "taken" ? [index] : []))
    assert.equal(winners.length, 1, `round ${round}`)
    await Lease.release(table, lease("a", `${winners[0]}`))
  }
})

test("what different owners take at once of different names, all of them have", async () => {
  const { table } = world
  await Lease.take(table, lease("first", "x"), limits)
  const names = ["a", "b", "c", "d"]
  await Promise.all(names.map((name) => Lease.take(table, lease(name, "x"), limits)))
  for (const name of names) {
    const other = await Lease.take(table, lease(name, "y"), limits)
    assert.deepEqual(other, { outcome: "busy", owner: "x" })
  }
})

test("of one kind of name there are as many as are allowed among all, and no more than all", async () => {
  const { table } = world
  const among = { prefix: "A#", limit: 2 }
  const take = async (name: string) =>
    (await Lease.take(table, lease(name, "x"), { limit: 3, among, leaseMs: MINUTE })).outcome
  assert.deepEqual(
    [await take("A#1"), await take("A#2"), await take("A#3"), await take("A#1")],
    ["taken", "taken", "full", "taken"],
  )
  const other = { limit: 3, among: { prefix: "B#", limit: 3 }, leaseMs: MINUTE }
  assert.equal((await Lease.take(table, lease("B#1", "x"), other)).outcome, "taken")
  assert.equal((await Lease.take(table, lease("B#2", "x"), other)).outcome, "full")
  await Lease.release(table, lease("A#1", "x"))
  assert.equal((await Lease.take(table, lease("B#2", "x"), other)).outcome, "taken")
  assert.equal(await take("A#3"), "full")
})

test("the tombstone of an endpoint says nothing but that it was there, and for how long that is known", async () => {
  const { table, tenant } = world
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/hook", {
    eventTypes: ["plan.*"],
    sources: ["src_a"],
    filter: { "data.status": [1] },
    description: "x",
    headers: { a: "b" },
    transform: "$",
    metadata: { team: "x" },
  })
  const before = (await getItem(table, endpointKey(tenant, endpoint.id), { consistent: true }))!
  assert.deepEqual(before["sources"], ["src_a"])
  await Endpoint.remove(table, tenant, endpoint.id)
  const left = (await getItem(table, endpointKey(tenant, endpoint.id), { consistent: true }))!
  const { url, eventTypes, sources, filter, description, transform, auth, connector } = left
  assert.deepEqual([url, eventTypes, sources, filter, description], ["", null, null, null, null])
  assert.deepEqual([transform, auth, connector, left["metadata"]], [null, null, null, "{}"])
  assert.equal(left["expiresAt"], (START + 21 * DAY + RETENTION) / 1000)
  assert.equal(left["revision"], 2)
  assert.equal(await Endpoint.isDeleted(table, tenant, endpoint.id), true)
  assert.equal(await Endpoint.isDeleted(table, tenant, "ep_other"), false)
  assert.equal(await Endpoint.remove(table, tenant, endpoint.id), false)
})

test("the note of a replay is kept as long as the delivery", async () => {
  const { table, tenant } = world
  const event = await makeEvent(START)
  const facts = factsOfEvent(tenant, event, "ep_1", { id: "r", at: START })
  await noteReplay(table, facts)
  const { items } = await query(table, {
    where: "pk = :pk",
    values: { ":pk": replayPartition(tenant, facts.eventId) },
    limit: 10,
  })
  assert.deepEqual(
    items.map(({ endpointId, expiresAt }) => [endpointId, expiresAt]),
    [["ep_1", (START + RETENTION) / 1000]],
  )
})

test("an item is over at its second, and one without an end never", () => {
  assert.equal(toSeconds(1999), 1)
  assert.equal(isExpired({ expiresAt: 2 }, 1999), false)
  assert.equal(isExpired({ expiresAt: 2 }, 2000), true)
  assert.equal(isExpired({}, Infinity), false)
})
