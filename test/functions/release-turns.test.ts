import assert from "node:assert/strict"
import { test } from "node:test"
import { Turns } from "@ringback/functions/release/turns"
import type { DueEntry } from "@ringback/store/due"

// Whose turn it is among due deliveries, by itself: `release.test.ts` has it with a table and queues.

const entry = (tenant: string, endpointId: string, dueAt: number): DueEntry => ({
  pk: `${tenant}#2026-11-22`,
  sk: `DLV#${dueAt}`,
  dueShard: "0",
  dueAt,
  endpointId,
})

const turnsOf = (entries: DueEntry[]) => {
  const turns = new Turns()
  entries.forEach((each) => turns.add(each))
  turns.sort()
  return turns
}

const placesOf = (entries: DueEntry[]) =>
  entries.map(({ endpointId, dueAt }) => `${endpointId} ${dueAt}`)

test("tenants take turns, each with its endpoints in turn, the longest waiting of each first", () => {
  const turns = turnsOf([
    ...[5, 3, 4].map((at) => entry("ten_1", "a", at)),
    ...[2, 1].map((at) => entry("ten_1", "b", at)),
    ...[7, 6].map((at) => entry("ten_2", "c", at)),
  ])
  assert.equal(turns.left, 7)
  assert.equal(turns.dueSince, 1)
  const taken: string[][] = []
  while (turns.left > 0) taken.push(placesOf(turns.take(2)))
  assert.deepEqual(taken, [["a 3", "a 4"], ["c 6", "c 7"], ["b 1", "b 2"], ["a 5"]])
  assert.deepEqual(turns.take(2), [])
  assert.equal(turns.dueSince, Infinity)
})

test("one take goes on with the next where an endpoint has less", () => {
  const turns = turnsOf([entry("ten_1", "a", 1), entry("ten_1", "b", 2), entry("ten_2", "c", 3)])
  assert.deepEqual(placesOf(turns.take(10)), ["a 1", "c 3", "b 2"])
})

test("25,000 of one endpoint are held at once; of the rest it is known since when it waits", () => {
  const at = (index: number) => entry("ten_1", "a", index)
  const turns = turnsOf([
    ...Array.from({ length: 25_000 }, (_, index) => at(index)),
    at(25_001),
    at(25_000),
    at(25_002),
    entry("ten_1", "b", 25_003),
  ])
  assert.equal(turns.left, 25_001)
  assert.equal(turns.take(25_001).length, 25_001)
  assert.equal(turns.dueSince, 25_000)
})
