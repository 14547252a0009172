import assert from "node:assert/strict"
import { test } from "node:test"
import * as Delivery from "@ringback/store/delivery"
import { factsOfEvent } from "@ringback/store/delivery-facts"
import { listOpen } from "@ringback/store/delivery-list"
import * as Event from "@ringback/store/event"
import { listReceived } from "@ringback/store/event-list"
import { logOf } from "./log.ts"
import { RETENTION, START, useTable } from "./table.ts"

// What jobs go through: each once, whatever the size of a page.

const world = useTable()
const { makeEvent, makeDelivery } = logOf(world)

async function all<T>(
  step: (cursor: string | undefined) => Promise<{ items: T[]; next: string | undefined }>,
): Promise<T[]> {
  const found: T[] = []
  let cursor: string | undefined
  do {
    const page = await step(cursor)
    found.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined)
  return found
}

test("what was received in a range is listed once, both ends included, however long ago it happened", async () => {
  const { table, tenant } = world
  const events = []
  for (let count = 0; count < 12; count++)
    events.push(await makeEvent(START - count, { receivedAt: START + count }))
  const ids = async (since: number, until: number, limit: number) =>
    (await all((cursor) => listReceived(table, tenant, { since, until, limit, cursor })))
      .map(Event.idOf)
      .toSorted()
  for (const limit of [1, 3, 100]) {
    const expected = events.slice(2, 9).map(Event.idOf).toSorted()
    assert.deepEqual(await ids(START + 2, START + 8, limit), expected, `pages of ${limit}`)
  }
  assert.deepEqual(await ids(START + 100, START + 200, 5), [])
  world.now = START + RETENTION
  assert.deepEqual(await ids(START, START + 20, 100), [])
})

test("what is not delivered is listed once, of an endpoint or of all, by its status", async () => {
  const { table, tenant } = world
  const events = []
  for (let count = 0; count < 8; count++) events.push(await makeEvent(START + count))
  const failed = []
  for (const event of events) failed.push(await makeDelivery(event, "ep_1", "failed"))
  const held = await makeDelivery(events[0]!, "ep_2", "held")
  await makeDelivery(events[1]!, "ep_2")
  type Query = Omit<Parameters<typeof listOpen>[2], "cursor">
  const ids = async (query: Query) =>
    (await all((cursor) => listOpen(table, tenant, { ...query, cursor })))
      .map(Delivery.idOf)
      .toSorted()
  for (const limit of [1, 3, 100]) {
    assert.deepEqual(await ids({ statuses: ["failed"], limit }), failed.toSorted())
    assert.deepEqual(
      await ids({ statuses: ["failed", "held"], limit }),
      [...failed, held].toSorted(),
    )
  }
  assert.deepEqual(await ids({ statuses: ["failed", "held"], endpointId: "ep_2", limit: 5 }), [
    held,
  ])
  assert.deepEqual(await ids({ statuses: ["pending"], limit: 5 }), [])
  const facts = factsOfEvent(tenant, events[0]!, "ep_2")
  await Delivery.advance(table, facts, 1, { status: "discarded" })
  assert.deepEqual(await ids({ statuses: ["held"], limit: 5 }), [])
  world.now = START + RETENTION
  assert.deepEqual(await ids({ statuses: ["failed"], limit: 100 }), [])
})
