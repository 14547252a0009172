import assert from "node:assert/strict"
import { test } from "node:test"
import * as Delivery from "@ringback/store/delivery"
import type { DeliveryFacts } from "@ringback/store/delivery-facts"
import * as Due from "@ringback/store/due"
import { putItem } from "@ringback/store/item"
import { deliveryRef, dueShardOf } from "@ringback/store/item-keys"
import { START, useTable } from "./table.ts"

const world = useTable()
let made = 0

async function plan(at: number, shard?: string): Promise<DeliveryFacts> {
  const [endpointId, eventId] = ["ep_1", `evt_${++made}`]
  const ref = deliveryRef(eventId, endpointId, START)
  const facts = { tenant: world.tenant, ref, endpointId, eventId, eventType: "plan.created" }
  const due = { at, nextAt: at, ...(shard !== undefined && { shard }) }
  await Delivery.advance(world.table, facts, 0, { status: "pending", due })
  return facts
}
const idsOf = ({ entries }: Due.DuePage) => entries.map(({ eventId }) => eventId)

test("the first time at which anything is due is that of all common shards, and none where nothing waits", async () => {
  assert.equal(await Due.firstDueAt(world.table), Infinity)
  await plan(START - 9000, "parked#ep_1#0")
  assert.equal(await Due.firstDueAt(world.table), Infinity, "what is parked wakes nobody")
  for (const [index, shard] of Due.commonShards.entries()) await plan(START - index, shard)
  assert.equal(await Due.firstDueAt(world.table), START - Due.commonShards.length + 1)
  const { ref } = await plan(START - 5000)
  assert.equal(await Due.firstDueAt(world.table), START - 5000)
  assert.ok(Due.commonShards.includes(dueShardOf(ref)))
})

test("a shard lists what is due by a time, the longest waiting first, in pages that lose nothing", async () => {
  const shard = `parked#${crypto.randomUUID()}`
  const waiting = []
  for (const after of [3, 1, 4, 0, 2])
    waiting.push({ after, ...(await plan(START + after, shard)) })
  await plan(START, `${shard}x`)
  const expected = waiting
    .filter(({ after }) => after <= 3)
    .toSorted((a, b) => a.after - b.after)
    .map(({ eventId }) => eventId)
  for (const limit of [1, 2, 4, 100]) {
    const found = []
    let page: Due.DuePage = { entries: [], next: undefined }
    do {
      page = await Due.listDue(world.table, shard, START + 3, limit, page.next)
      assert.ok(page.entries.length <= limit)
      found.push(...idsOf(page))
    } while (page.next)
    assert.deepEqual(found, expected, `pages of ${limit}`)
  }
})

test("an entry says what it is of: a delivery, a pull endpoint, or an endpoint's health", async () => {
  const shard = `parked#${crypto.randomUUID()}`
  const { tenant } = world
  await plan(START, shard)
  for (const [index, sk] of ["EP#ep_1", "HEALTH#ep_1"].entries())
    await putItem(world.table, {
      pk: tenant,
      sk,
      endpointId: "ep_1",
      dueShard: shard,
      dueAt: START + 1 + index,
    })
  const { entries } = await Due.listDue(world.table, shard, START + 9, 10)
  assert.deepEqual(
    entries.map((entry) => [Due.isPullEntry(entry), Due.isHealthEntry(entry)]),
    [
      [false, false],
      [true, false],
      [false, true],
    ],
  )
})

test("of many who move an entry one has done it, and it waits at its new place alone", async () => {
  const [from, to] = [`parked#${crypto.randomUUID()}`, `parked#${crypto.randomUUID()}`]
  const { eventId } = await plan(START, from)
  const [entry] = (await Due.listDue(world.table, from, START, 10)).entries
  const move = (some: Partial<Due.DueEntry> = {}) =>
    Due.moveDue(world.table, { ...entry!, ...some }, { at: START + 5, shard: to })
  assert.equal(await move({ dueAt: START + 1 }), false, "another time than it waits for")
  assert.equal(await move({ dueShard: to }), false, "another place than it waits in")
  const moved = await Promise.all(Array.from({ length: 8 }, () => move()))
  assert.equal(moved.filter(Boolean).length, 1)
  assert.deepEqual(idsOf(await Due.listDue(world.table, from, START + 9, 10)), [])
  assert.deepEqual(idsOf(await Due.listDue(world.table, to, START + 4, 10)), [])
  assert.deepEqual(idsOf(await Due.listDue(world.table, to, START + 5, 10)), [eventId])
})

test("one of many claims a delivery in place, once for each time at which it is due", async () => {
  const shard = `parked#${crypto.randomUUID()}`
  const facts = await plan(START, shard)
  const [entry] = (await Due.listDue(world.table, shard, START, 10)).entries
  const claim = (some: Partial<Due.DueEntry> = {}) =>
    Due.claimInPlace(world.table, { ...entry!, ...some })
  assert.equal(await claim({ dueAt: START + 1 }), false, "another time than it waits for")
  assert.equal(await claim({ dueShard: "another" }), false, "another place than it waits in")
  const claimed = await Promise.all(Array.from({ length: 8 }, () => claim()))
  assert.equal(claimed.filter(Boolean).length, 1)
  assert.deepEqual(idsOf(await Due.listDue(world.table, shard, START, 10)), [facts.eventId])

  const later = { at: START + 5, shard }
  assert.deepEqual(await Due.claimByMove(world.table, entry!, later), { wasSent: true })
  assert.equal(await Due.claimByMove(world.table, entry!, later), undefined, "it has moved")
  const moved = { ...entry!, dueAt: START + 5 }
  assert.equal(await claim(moved), true, "due at another time, it can be claimed again")
  const due = { at: START + 5, nextAt: START + 5, shard }
  await Delivery.advance(world.table, facts, 1, { status: "pending", due })
  const again = { at: START + 9, shard }
  assert.deepEqual(await Due.claimByMove(world.table, moved, again), { wasSent: false })
})

test("what is parked with an endpoint lies in the shards that its recovery reads, in all of them", () => {
  const shards = Due.parkingShards("ep_1")
  const used = Array.from({ length: 100 }, (_, count) =>
    Due.parkingShardOf("ep_1", deliveryRef(`evt_${count}`, "ep_1", START)),
  )
  assert.deepEqual([...new Set(used)].toSorted(), shards.toSorted())
  assert.equal(shards.length, 4)
  const others = new Set(Due.parkingShards("ep_2"))
  assert.ok(shards.every((shard) => !others.has(shard)))
})

test("an endpoint's own entry lies in one common shard, and those of many in all of them", () => {
  const used = Array.from({ length: 200 }, (_, count) => Due.healthShard(`ep_${count}`))
  assert.deepEqual([...new Set(used)].toSorted(), Due.commonShards.toSorted())
  assert.equal(Due.healthShard("ep_1"), Due.healthShard("ep_1"))
})
