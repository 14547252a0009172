import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as Delivery from "@ringback/store/delivery"
import { factsOfEvent } from "@ringback/store/delivery-facts"
import * as Event from "@ringback/store/event"
import { createItem, deleteItems } from "@ringback/store/item"
import { deliveryId, deliveryPartition, hashOf, type Key } from "@ringback/store/item-keys"
import * as Records from "@ringback/store/record"
import { volumeOf } from "@ringback/store/volume"
import {
  walkDeliveries,
  walkEvents,
  walkRecords,
  walkTenant,
  type Place,
  type SidePlace,
} from "@ringback/store/walk"
import { logOf } from "./log.ts"
import { DAY, MINUTE, START, useTable } from "./table.ts"

// Whole logs, read from end to end or reckoned.

const world = useTable()
const { makeEvent, makeDelivery, attemptOf } = logOf(world)

async function walkAll<T>(
  step: (place: Place) => Promise<{ items: T[]; next: Place | undefined }>,
): Promise<T[]> {
  const all: T[] = []
  let place: Place | undefined = { shard: 0 }
  while (place) {
    const page: { items: T[]; next: Place | undefined } = await step(place)
    all.push(...page.items)
    place = page.next
  }
  return all
}

test("a walk reads every event, each delivery that holds more than its outcome, and all records, once", async () => {
  const { table, tenant } = world
  const events = await Promise.all(
    Array.from({ length: 30 }, (_, index) => makeEvent(START + index)),
  )
  await makeDelivery(events[0]!, "ep_1")
  const failed = await makeDelivery(events[1]!, "ep_1", "failed")
  const retried = await makeDelivery(events[2]!, "ep_2", "delivered", 2)
  const facts = factsOfEvent(tenant, events[3]!, "ep_3")
  const step = { method: "POST", url: "https://crm.example/", statusCode: 200, durationMs: 1 }
  const attempt = { ...attemptOf(), steps: [step] }
  await Delivery.advance(table, facts, 0, { status: "delivered", attempt })
  const record = { source: "src_a", uuid: "u", version: "1", data: {}, isDeleted: false }
  await Records.write(table, tenant, { kind: "plan", ...record })
  await Records.write(table, tenant, { kind: "plan", ...record, test: true })
  await Records.write(table, tenant, { kind: "dllist", ...record })
  const limits = [1, 7, 1000]
  for (const limit of limits) {
    const walked = await walkAll((place) => walkEvents(table, tenant, place, limit))
    assert.deepEqual(walked.map(Event.idOf).sort(), events.map(Event.idOf).sort())
    const deliveries = await walkAll((place) => walkDeliveries(table, tenant, place, limit))
    const expected = [failed, retried, deliveryId(facts.ref)]
    assert.deepEqual(deliveries.map(Delivery.idOf).sort(), expected.sort())
    const records = await walkAll((place) => walkRecords(table, tenant, place, limit))
    assert.deepEqual(records.map(({ kind, test: isTest }) => `${kind} ${isTest ?? false}`).sort(), [
      "dllist false",
      "plan false",
      "plan true",
    ])
  }
  const page = await walkEvents(table, tenant, { shard: 0 }, 7)
  assert.equal(page.items.length, 7, "a page reads as many as it may")
})

test("how much a tenant had is counted whole while it is little, within the times asked for", async () => {
  const { table, tenant } = world
  const events = []
  for (let count = 0; count < 5; count++) events.push(await makeEvent(START + count * MINUTE))
  await makeDelivery(events[0]!, "ep_1", "failed", 3)
  await makeDelivery(events[4]!, "ep_2")
  const held = factsOfEvent(tenant, events[4]!, "ep_3")
  await Delivery.advance(table, held, 0, { status: "held", keepsTurn: true })
  const volume = (from: number, to: number) => volumeOf(table, tenant, { from, to })
  const whole = { events: 5, deliveries: 3, attempts: 4, isEstimate: false }
  assert.deepEqual(await volume(START - 1, START + DAY), whole)
  assert.deepEqual(await volume(START + MINUTE, START + 4 * MINUTE), {
    ...whole,
    events: 3,
    deliveries: 0,
    attempts: 0,
  })
  assert.deepEqual(await volume(START - DAY, START - 1), {
    ...whole,
    events: 0,
    deliveries: 0,
    attempts: 0,
  })
})

test("of very much it is reckoned from samples, and comes close", async () => {
  const { table, tenant } = world
  const hash = hashOf("one shard")
  const all = 900
  for (let start = 0; start < all; start += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        makeEvent(START + (start + index) * MINUTE, { hash }),
      ),
    )
  const volume = await volumeOf(table, tenant, { from: START, to: START + all * MINUTE })
  assert.equal(volume.isEstimate, true)
  assert.ok(Math.abs(volume.events - all) <= all / 50, `${volume.events}`)
  assert.equal(volume.deliveries, 0)
})

describe("a walk through all of a tenant's keys", () => {
  const walkKeys = (place: SidePlace, limit: number) =>
    walkTenant(world.table, world.tenant, place, limit)
  const nameOf = ({ pk, sk }: Key) => `${pk} ${sk}`

  async function walkFrom(place: SidePlace | undefined, limit: number): Promise<string[]> {
    const keys: string[] = []
    while (place) {
      const page = await walkKeys(place, limit)
      keys.push(...page.items.map(nameOf))
      place = page.next
    }
    return keys
  }

  test("reads each once, whatever a page may hold, and goes on at any page after a crash", async () => {
    for (let index = 0; index < 60; index++) {
      const event = await makeEvent(START + index)
      await makeDelivery(event, "ep_1", index % 3 === 0 ? "failed" : "delivered")
    }
    const all = await walkFrom({ open: [], from: 0 }, 1000)
    assert.equal(new Set(all).size, all.length)
    assert.ok(all.length >= 120, `${all.length}`)
    for (const limit of [1, 7, 25])
      assert.deepEqual((await walkFrom({ open: [], from: 0 }, limit)).sort(), all.sort())
    // A page that is gone through again after its items were deleted finds none of them, and all that follow.
    const first = await walkKeys({ open: [], from: 0 }, 50)
    await deleteItems(world.table, first.items)
    const gone = new Set(first.items.map(nameOf))
    const rest = all.filter((name) => !gone.has(name)).sort()
    assert.deepEqual((await walkFrom({ open: [], from: 0 }, 50)).sort(), rest)
    assert.deepEqual((await walkFrom(first.next, 50)).sort(), rest)
  })

  test("takes its partitions in turn, eight side by side", async () => {
    const { table, tenant } = world
    for (let shard = 0; shard < 10; shard++)
      for (let index = 0; index < 20; index++)
        await createItem(table, { pk: deliveryPartition(tenant, shard), sk: `D#${index}` })
    const seen: string[] = []
    let place: SidePlace | undefined = { open: [], from: 0 }
    while (place && seen.length < 160) {
      const page: Awaited<ReturnType<typeof walkKeys>> = await walkKeys(place, 10)
      seen.push(...page.items.map(({ pk }) => pk))
      place = page.next
    }
    const counts = Map.groupBy(seen.slice(0, 80), (pk) => pk)
    assert.deepEqual(
      [...counts.values()].map(({ length }) => length),
      Array(8).fill(10),
    )
    assert.equal(place?.open.length, 8)
  })
})
