import assert from "node:assert/strict"
import { after, test } from "node:test"
import * as Delivery from "@ringback/store/delivery"
import { listDeliveries, listOpen } from "@ringback/store/delivery-list"
import { deleteItem } from "@ringback/store/item"
import { deliveryKey, parseDeliveryId } from "@ringback/store/item-keys"
import type { Table } from "@ringback/store/table"
import { makeClients } from "../harness/stack.ts"
import { logOf } from "./log.ts"
import { START, useTable } from "./table.ts"

// The index of what is not delivered names items, which are read after it.

const world = useTable()
const { makeEvent, makeDelivery, attemptOf } = logOf(world)
const clients: ReturnType<typeof makeClients>[] = []
after(() => clients.forEach(({ close }) => close()))

/** The table, where this happens after the index was read and before the items are. */
function meanwhile(happens: () => Promise<unknown>): Table {
  const own = makeClients(world.stack)
  clients.push(own)
  own.dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === "BatchGetItemCommand") await happens()
        return next(args)
      },
    { step: "initialize" },
  )
  return { ...world.table, client: own.dynamodb }
}

const lists: [string, (table: Table) => Promise<{ items: Delivery.Delivery[] }>][] = [
  ["list", (table) => listDeliveries(table, world.tenant, { statuses: ["failed"], limit: 10 })],
  ["job", (table) => listOpen(table, world.tenant, { statuses: ["failed"], limit: 10 })],
]

for (const [name, list] of lists) {
  test(`what is delivered or deleted while it is looked for is not in a ${name} of what failed`, async () => {
    const ids = []
    for (let count = 0; count < 3; count++)
      ids.push(await makeDelivery(await makeEvent(START - count), "ep_1", "failed"))
    const [delivered, deleted, kept] = ids.map((id) => parseDeliveryId(id)!)
    const { table, tenant } = world
    const found = async (happens: () => Promise<unknown>) =>
      (await list(meanwhile(happens))).items.map(Delivery.idOf)
    assert.deepEqual(await found(async () => {}), ids)
    const left = await found(async () => {
      const facts = { tenant, endpointId: "ep_1", eventId: "evt_x", eventType: "plan.updated" }
      const change = { status: "delivered" as const, attempt: attemptOf() }
      await Delivery.advance(table, { ...facts, ref: delivered! }, 1, change)
      await deleteItem(table, deliveryKey(tenant, deleted!))
    })
    assert.deepEqual(left, [ids[2]])
    assert.ok(await Delivery.get(table, tenant, kept!))
  })
}
