import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { readMerged, type MergedRequest } from "@ringback/store/list-page"
import type { Table } from "@ringback/store/table"
import { countedClients, total, type Counts } from "../harness/counted.ts"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"
import { writeRows } from "./rows.ts"

let stack: Stack
let table: Table
before(async () => {
  stack = await startStack()
  table = makeDeps(stack).table
})
after(() => stack.close())

test("a page reads few items of each partition, and more only where those do not fill it", async () => {
  const prefix = "merged-reads#"
  const partitions = Array.from({ length: 8 }, (_, partition) => `${prefix}${partition}`)
  const made = Array.from({ length: 400 }, (_, at) => ({
    pk: partitions[at % 8]!,
    sk: String(at).padStart(3, "0"),
    colour: at % 3 === 0 ? "blue" : "red",
  }))
  await writeRows(table, made)
  const counts: Counts = {}
  const { dynamodb } = countedClients(stack, counts, "merged")
  let scanned = 0
  dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args)
      scanned += (answer.output as { ScannedCount?: number }).ScannedCount ?? 0
      return answer
    },
    { step: "initialize", name: "scanned" },
  )
  const request = { index: null, partitions, from: "0", below: "~", limit: 50 }
  const read = async (more: Partial<MergedRequest>) => {
    const before = total(counts, "dynamodb")
    scanned = 0
    const { items } = await readMerged({ ...table, client: dynamodb }, { ...request, ...more })
    return { found: items.length, scanned, requests: total(counts, "dynamodb") - before }
  }
  assert.deepEqual(await read({}), { found: 50, scanned: 8 * 27, requests: 8 })
  const values = (colour: string) => ({ ":colour": colour })
  const selective = { isSelective: true, filters: ["colour = :colour"] }
  const blue = await read({ ...selective, values: values("blue") })
  assert.deepEqual(blue, { found: 50, scanned: 400, requests: 8 })
  const green = await read({ ...selective, limit: 5, values: values("green") })
  // Five of each partition, then the other 45 with the last one again.
  assert.deepEqual(green, { found: 0, scanned: 8 * (5 + 46), requests: 16 })
})
