import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { createItem, deleteItem, deleteItems } from "@ringback/store/item"
import { queryAll, queryPage } from "@ringback/store/live-item"
import * as Source from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import * as Tenant from "@ringback/store/tenant"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"

let now = Date.parse("2026-11-22T06:00:00Z")
let stack: Stack
let table: Table
before(async () => {
  stack = await startStack()
  table = makeDeps(stack, { now: () => now }).table
})
after(() => stack.close())

const sortKey = (index: number) => `A#${String(index).padStart(3, "0")}`

test("all of a partition is read, newest first, although DynamoDB shows 1 MB at a time", async () => {
  const pk = "heavy"
  const text = "x".repeat(390_000)
  const count = 17
  for (let index = 0; index < count; index++)
    await createItem(table, { pk, sk: sortKey(index), text })
  await createItem(table, { pk, sk: "B#000" })
  const all = await queryAll(table, pk, "A#")
  assert.deepEqual(
    all.map(({ sk }) => sk),
    Array.from({ length: count }, (_, index) => sortKey(count - 1 - index)),
  )
})

test("a page is filled with the living, in so many requests that it ends, and goes on after its last", async () => {
  const pk = "mixed"
  for (let index = 0; index < 40; index++) {
    const deletedAt = index % 4 === 0 ? undefined : 1
    await createItem(table, { pk, sk: sortKey(index), deletedAt })
  }
  const seen: unknown[] = []
  let after: string | undefined
  let pages = 0
  do {
    const page = await queryPage(table, { pk, prefix: "A#", limit: 4, after })
    assert.ok(page.items.length <= 4)
    seen.push(...page.items.map(({ sk }) => sk))
    after = page.next
    pages++
  } while (after !== undefined)
  assert.deepEqual(seen, [36, 32, 28, 24, 20, 16, 12, 8, 4, 0].map(sortKey))
  assert.ok(pages >= 3 && pages <= 6, `${pages} pages`)
})

test("what is there is not made twice, and what is not there is not deleted", async () => {
  const key = { pk: "once", sk: "A#" }
  assert.equal(await createItem(table, { ...key, n: 1 }), true)
  assert.equal(await createItem(table, { ...key, n: 2 }), false)
  assert.equal((await queryAll(table, "once", "A#"))[0]!["n"], 1)
  assert.equal(await deleteItem(table, key), true)
  assert.equal(await deleteItem(table, key), false)
})

test("a change counts the revision, notes its time, and is refused where it was read before another", async () => {
  const tenant = await Tenant.create(table, { name: "Acme" })
  const { source } = await Source.create(table, tenant.id, { name: "PBX" })
  now += 1000
  const changed = await Tenant.update(table, tenant.id, { name: "Other" }, 1)
  assert.deepEqual(changed, { ...tenant, name: "Other", revision: 2, updatedAt: now })
  assert.equal(await Tenant.update(table, tenant.id, { name: "Late" }, 1), undefined)
  assert.deepEqual(await Tenant.get(table, tenant.id), changed)
  const named = await Source.update(table, tenant.id, source.id, { name: "New" }, 1)
  assert.deepEqual(named, { ...source, name: "New", revision: 2, updatedAt: now })
  assert.equal(await Source.update(table, tenant.id, source.id, { name: "Late" }, 1), undefined)
  const unnamed = await Source.update(table, tenant.id, source.id, {})
  assert.deepEqual([unnamed!.name, unnamed!.revision], ["New", 3])
  const rotated = await Source.rotate(table, unnamed!, 1000)
  assert.equal(rotated!.source.revision, 4)
  assert.equal(rotated!.source.keys.length, 2)
  assert.equal(await Tenant.remove(table, tenant.id), true)
  assert.equal(await Tenant.update(table, tenant.id, { name: "Ghost" }), undefined)
  assert.equal(await Tenant.update(table, "ten_none", { name: "Ghost" }), undefined)
})

test("many items are deleted in full batches, what one leaves out as well, and missing ones are none", async () => {
  const clients = makeClients(stack)
  const sizes: number[] = []
  // The service takes ten of a batch.
  clients.dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== "BatchWriteItemCommand") return next(args)
        const { RequestItems } = args.input as { RequestItems: Record<string, object[]> }
        const all = RequestItems[table.name]!
        sizes.push(all.length)
        const input = { RequestItems: { [table.name]: all.slice(0, 10) } }
        const result = await next({ ...args, input })
        const left = all.slice(10)
        if (left.length > 0)
          Object.assign(result.output, { UnprocessedItems: { [table.name]: left } })
        return result
      },
    { step: "initialize", name: "partly" },
  )
  const partly = makeDeps(stack, { now: () => now, clients }).table
  const keys = Array.from({ length: 60 }, (_, index) => ({ pk: "many", sk: sortKey(index) }))
  for (const key of [...keys.slice(5), { pk: "many", sk: "B#" }]) await createItem(table, key)
  await deleteItems(partly, keys)
  clients.close()
  assert.deepEqual(sizes, [25, 15, 5, 25, 15, 5, 10])
  assert.deepEqual(await queryAll(table, "many", "A#"), [])
  assert.equal((await queryAll(table, "many", "B#")).length, 1)
  await deleteItems(table, [])
})
