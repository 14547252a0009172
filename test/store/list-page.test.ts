import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import fc from "fast-check"
import { makeId } from "@ringback/events/ids"
import * as Delivery from "@ringback/store/delivery"
import { listDeliveries } from "@ringback/store/delivery-list"
import { deliveryRef } from "@ringback/store/item-keys"
import { readMerged, type MergedRequest } from "@ringback/store/list-page"
import { readSideBySide, type SideBySideRequest } from "@ringback/store/job-page"
import type { Table } from "@ringback/store/table"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"
import { writeRows } from "./rows.ts"

const NOW = Date.parse("2026-11-22T06:00:00Z")
let stack: Stack
let table: Table
before(async () => {
  stack = await startStack()
  table = makeDeps(stack, { now: () => NOW }).table
})
after(() => stack.close())

let run = 0

/** All pages, one after the other. */
async function readAll(request: MergedRequest): Promise<string[]> {
  const all: string[] = []
  let below: string | undefined = request.below
  for (let pages = 0; below !== undefined; pages++) {
    assert.ok(pages < 200, "pages without an end")
    const page = await readMerged(table, { ...request, below })
    assert.ok(page.items.length <= request.limit)
    all.push(...page.items.map(({ sk }) => sk as string))
    below = page.next
  }
  return all
}

test("pages over many partitions show each row once, newest first, whatever a filter leaves out", async () => {
  const row = fc.record({
    partition: fc.nat(2),
    colour: fc.constantFrom("red", "red", "blue"),
    at: fc.nat(60),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(row, { selector: ({ at }) => at, minLength: 20, maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom("red", "blue", undefined),
      async (rows, limit, colour) => {
        const prefix = `merged${++run}#`
        const made = rows.map(({ partition, colour: its, at }) => ({
          pk: `${prefix}${partition}`,
          sk: String(at).padStart(3, "0"),
          colour: its,
        }))
        await writeRows(table, made)
        const filter = { filters: ["colour = :colour"], values: { ":colour": colour } }
        const seen = await readAll({
          index: null,
          partitions: [0, 1, 2].map((partition) => `${prefix}${partition}`),
          from: "005",
          below: "055",
          limit,
          ...(colour && filter),
        })
        const wanted = made
          .filter((each) => !colour || each.colour === colour)
          .map(({ sk }) => sk)
          .filter((sk) => sk >= "005" && sk < "055")
        assert.deepEqual(seen, wanted.sort().reverse())
      },
    ),
    { numRuns: 40, seed: 20261126 },
  )
})

test("a list that is as long as its page ends with it", async () => {
  const prefix = `merged${++run}#`
  const partitions = [`${prefix}0`, `${prefix}1`]
  await writeRows(
    table,
    ["001", "002", "003"].map((sk, at) => ({ pk: partitions[at % 2]!, sk, colour: "red" })),
  )
  const request = { index: null, partitions, from: "000", below: "009" }
  const whole = await readMerged(table, { ...request, limit: 3 })
  assert.deepEqual([whole.items.length, whole.next], [3, undefined])
  const part = await readMerged(table, { ...request, limit: 2 })
  assert.deepEqual([part.items.length, part.next], [2, "002"])
})

test("pages are full and complete, however unevenly the newest items are spread", async () => {
  const row = fc.record({
    // Most of the rows lie in one partition in some runs.
    partition: fc.oneof(fc.nat(7), fc.constant(0), fc.constant(0)),
    colour: fc.constantFrom("red", "red", "red", "blue"),
    at: fc.nat(999),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(row, { selector: ({ at }) => at, minLength: 60, maxLength: 150 }),
      fc.integer({ min: 15, max: 40 }),
      fc.constantFrom("red", "blue", undefined),
      async (rows, limit, colour) => {
        const prefix = `merged${++run}#`
        const made = rows.map(({ partition, colour: its, at }) => ({
          pk: `${prefix}${partition}`,
          sk: String(at).padStart(3, "0"),
          colour: its,
        }))
        await writeRows(table, made)
        const filter = { filters: ["colour = :colour"], values: { ":colour": colour } }
        const request: MergedRequest = {
          index: null,
          partitions: Array.from({ length: 8 }, (_, partition) => `${prefix}${partition}`),
          from: "0",
          below: "~",
          limit,
          ...(colour && { isSelective: true, ...filter }),
        }
        const wanted = made
          .filter((each) => !colour || each.colour === colour)
          .map(({ sk }) => sk)
          .sort()
          .reverse()
        let below = request.below
        const seen: string[] = []
        while (seen.length < wanted.length) {
          const page = await readMerged(table, { ...request, below })
          const left = wanted.length - seen.length
          assert.equal(page.items.length, Math.min(limit, left))
          seen.push(...page.items.map(({ sk }) => sk as string))
          assert.equal(page.next !== undefined, seen.length < wanted.length)
          below = page.next ?? "0"
        }
        assert.deepEqual(seen, wanted)
      },
    ),
    { numRuns: 30, seed: 20261127 },
  )
})

test("a job's pages show each row of all partitions once, whatever a filter leaves out", async () => {
  for (const [limit, colour] of [
    [100, undefined],
    [60, "red"],
    [7, "blue"],
  ] as const) {
    const prefix = `side${++run}#`
    const made = Array.from({ length: 400 }, (_, at) => ({
      // Most lie in one partition, and one partition is empty.
      pk: `${prefix}${at % 10 === 0 ? 1 : at % 7 === 0 ? 2 : 0}`,
      sk: String(at).padStart(3, "0"),
      colour: at % 25 === 0 ? "blue" : "red",
    }))
    await writeRows(table, made)
    const request: SideBySideRequest = {
      index: null,
      partitions: [0, 1, 2, 3].map((partition) => `${prefix}${partition}`),
      limit,
      ...(colour && { filters: ["colour = :colour"], values: { ":colour": colour } }),
    }
    const readFrom = async (start: string | undefined) => {
      const seen: string[] = []
      let cursor = start
      do {
        const page = await readSideBySide(table, { ...request, cursor })
        assert.ok(page.items.length <= limit)
        seen.push(...page.items.map(({ sk }) => sk as string))
        cursor = page.next
      } while (cursor !== undefined)
      return seen.sort()
    }
    const wanted = made.filter((each) => !colour || each.colour === colour).map(({ sk }) => sk)
    assert.deepEqual(await readFrom(undefined), wanted)
    // Where a job of 0.1.0 was: one sort key for all partitions.
    const rest = wanted.filter((sk) => sk < "123")
    assert.deepEqual(await readFrom("123"), rest)
  }
})

test("a list by status has all of it, none of another status, and nothing of another tenant", async () => {
  const [mine, other] = [makeId("ten", NOW), makeId("ten", NOW)]
  const statuses = ["pending", "held", "failed", "discarded", "delivered"] as const
  const endpointId = makeId("ep", NOW)
  for (const tenant of [mine, other]) {
    for (const status of statuses) {
      for (let count = 0; count < 3; count++) {
        const eventId = `evt_${tenant}_${status}_${count}`
        const ref = deliveryRef(eventId, endpointId, NOW - count)
        const facts = { tenant, ref, endpointId, eventId, eventType: "plan.created" }
        await Delivery.advance(table, facts, 0, { status })
      }
    }
  }
  const list = async (query: Partial<Parameters<typeof listDeliveries>[2]>) => {
    const { items } = await listDeliveries(table, mine, { limit: 100, ...query })
    assert.ok(items.every(({ eventId }) => eventId.startsWith(`evt_${mine}_`)))
    return items.map(({ status }) => status).sort()
  }
  for (const status of statuses) {
    assert.deepEqual(await list({ statuses: [status] }), [status, status, status])
    assert.deepEqual(await list({ statuses: [status], endpointId }), [status, status, status])
  }
  // A page is as long as it may be, although most of the newest are not delivered.
  assert.equal((await list({ statuses: ["delivered"], limit: 2 })).length, 2)
  assert.equal((await list({})).length, 15)
  assert.equal((await list({ statuses: ["held", "delivered"] })).length, 6)
  assert.equal((await list({ statuses: ["held", "failed"] })).length, 6)
  assert.equal((await list({ endpointId: makeId("ep", NOW) })).length, 0)
  assert.equal((await list({ statuses: ["held"], eventType: "plan.deleted" })).length, 0)
  // Exclusive on both sides.
  assert.equal((await list({ after: NOW - 2, before: NOW })).length, 5)
  assert.equal((await list({ statuses: ["held"], after: NOW - 2 })).length, 2)
})
