import assert from "node:assert/strict"
import { after, test } from "node:test"
import { BatchWriteItemCommand, type QueryCommandOutput } from "@aws-sdk/client-dynamodb"
import { marshall } from "@aws-sdk/util-dynamodb"
import { readSideBySide, type SideBySideRequest } from "@ringback/store/job-page"
import type { Table } from "@ringback/store/table"
import { makeClients } from "../harness/stack.ts"
import { useTable } from "./table.ts"

// What a job's pages cost, and in which order they come. That each row comes once: merged.test.ts.

const world = useTable()
let clients: ReturnType<typeof makeClients> | undefined
after(() => clients?.close())

type Row = { pk: string; sk: string; colour: string }
const partitionsOf = (count: number) => {
  const prefix = crypto.randomUUID()
  return Array.from({ length: count }, (_, index) => `${prefix}#${index}`)
}
const skOf = (at: number) => String(at).padStart(5, "0")
/** Rows that lie in these partitions by turns. */
const rowsOf = (count: number, partitions: string[]): Row[] =>
  Array.from({ length: count }, (_, at) => ({
    pk: partitions[at % partitions.length]!,
    sk: skOf(at),
    colour: "red",
  }))

async function write(rows: Row[]) {
  const { client, name } = world.table
  const batches = Array.from({ length: Math.ceil(rows.length / 25) }, (_, index) =>
    rows.slice(index * 25, index * 25 + 25),
  )
  const writer = async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop()) {
      const requests = batch.map((item) => ({ PutRequest: { Item: marshall(item) } }))
      await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: requests } }))
    }
  }
  await Promise.all(Array.from({ length: 8 }, writer))
}

/** The table, and how many requests read how many items of it. */
function counted(): { table: Table; cost: { requests: number; scanned: number } } {
  clients?.close()
  clients = makeClients(world.stack)
  const cost = { requests: 0, scanned: 0 }
  clients.dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args)
      cost.requests++
      cost.scanned += (answer.output as QueryCommandOutput).ScannedCount!
      return answer
    },
    { step: "initialize" },
  )
  return { table: { ...world.table, client: clients.dynamodb }, cost }
}

async function pagesOf(table: Table, request: SideBySideRequest): Promise<Row[][]> {
  const pages: Row[][] = []
  let cursor: string | undefined
  do {
    const page = await readSideBySide(table, { ...request, cursor })
    pages.push(page.items as Row[])
    cursor = page.next
  } while (cursor !== undefined)
  return pages
}
const sksOf = (rows: Row[]) => rows.map(({ sk }) => sk)

test("no row is read twice, and a request is for fifty rows at least", async () => {
  const partitions = partitionsOf(3)
  await write(rowsOf(600, partitions))
  for (const [limit, requests] of [
    [300, 9],
    [100, 15],
    [50, 15],
  ] as const) {
    const { table, cost } = counted()
    const pages = await pagesOf(table, { index: null, partitions, limit })
    assert.equal(pages.flat().length, 600)
    assert.equal(cost.scanned, 600, `pages of ${limit}`)
    assert.ok(cost.requests <= requests, `pages of ${limit} took ${cost.requests} requests`)
    const full = pages.filter((page) => page.length === limit)
    assert.equal(full.length, 600 / limit, "a page holds as many as it may")
  }
})

test("a page takes from where the job is behind, and is newest first in itself", async () => {
  const partitions = partitionsOf(2)
  await write(rowsOf(200, partitions))
  const single = await pagesOf(world.table, { index: null, partitions, limit: 50 })
  const sources = single.slice(0, 4).map((page) => [...new Set(page.map(({ pk }) => pk))])
  assert.ok(sources.every((pks) => pks.length === 1))
  assert.deepEqual(sources.slice(0, 2).flat(), partitions)
  assert.deepEqual(sources.slice(2).flat().toSorted(), partitions)
  const ofFirst = sksOf(rowsOf(200, partitions)).filter((_, at) => at % 2 === 0)
  assert.deepEqual(sksOf(single[0]!), ofFirst.slice(50).toReversed())
  const double = await pagesOf(world.table, { index: null, partitions, limit: 100 })
  const newestFirst = sksOf(rowsOf(200, partitions)).toReversed()
  assert.deepEqual(double.slice(0, 2).map(sksOf), [
    newestFirst.slice(0, 100),
    newestFirst.slice(100),
  ])
})

test("a filter that lets little through makes a page read more at once, and never without an end", async () => {
  const partitions = partitionsOf(2)
  const rows = rowsOf(4_050, partitions).map((row, at) => ({
    ...row,
    colour: at === 10 ? "blue" : at % 40 === 0 ? "green" : "red",
  }))
  await write(rows)
  const request = (colour: string, limit: number): SideBySideRequest => ({
    index: null,
    partitions,
    limit,
    filters: ["colour = :colour"],
    values: { ":colour": colour },
  })
  const rare = counted()
  const first = await readSideBySide(rare.table, request("blue", 10))
  assert.deepEqual(first.items, [])
  assert.equal(rare.cost.scanned, 4_000)
  // Much more is asked for as soon as a filter shows what it lets through.
  assert.ok(rare.cost.requests <= 12, `${rare.cost.requests}`)
  const second = await readSideBySide(rare.table, { ...request("blue", 10), cursor: first.next })
  assert.deepEqual(sksOf(second.items as Row[]), [skOf(10)])
  assert.equal(second.next, undefined)

  const some = counted()
  const page = await readSideBySide(some.table, request("green", 20))
  assert.equal(page.items.length, 20)
  assert.ok(some.cost.scanned < 2 * 20 * 40, `${some.cost.scanned} were read for 20`)
  assert.ok(some.cost.requests <= 20, `${some.cost.requests}`)
})
