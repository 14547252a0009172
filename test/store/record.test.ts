import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import * as Records from "@ringback/store/record"
import type { Table } from "@ringback/store/table"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"

const START = Date.parse("2026-11-22T06:00:00Z")
const DAY = 24 * 3600 * 1000
let now = START
let stack: Stack
let table: Table
let tenant: string
let count = 0

before(async () => {
  stack = await startStack()
  table = makeDeps(stack, { now: () => now }).table
})
after(() => stack.close())
beforeEach(() => {
  now = START
  tenant = `ten_${++count}`
})

const ref = { kind: "campaign" as const, source: "src_a", uuid: "c-1" }
const write = (
  version: string,
  data: object,
  rest: Partial<typeof ref> & { isDeleted?: boolean } = {},
) => Records.write(table, tenant, { isDeleted: false, ...ref, ...rest, version, data: { ...data } })
const dataOf = async (uuid = ref.uuid) => {
  const record = await Records.get(table, tenant, { ...ref, uuid })
  return record?.data === undefined ? undefined : (JSON.parse(record.data) as object)
}

test("a record that is reported again as it is lives on", async () => {
  await write("2", { name: "second" })
  const expiresAt = async () => (await Records.get(table, tenant, ref))!.expiresAt
  const first = await expiresAt()
  now += 14 * DAY
  await write("2", { name: "second" })
  assert.equal(await expiresAt(), first, "not written every day")
  now += 2 * DAY
  await write("1", { name: "first" })
  assert.equal(await expiresAt(), first)
  await write("2", { name: "second" })
  assert.equal(await expiresAt(), (now + 30 * DAY) / 1000)
  now += 29 * DAY
  assert.deepEqual(await dataOf(), { name: "second" })
})

test("a record is as the newest event says, in whatever order events are heard", async () => {
  await write("2", { name: "second" })
  await write("1", { name: "first" })
  await write("2", { name: "the same version" })
  assert.deepEqual(await dataOf(), { name: "second" })
  await write("3", { name: "third" })
  assert.deepEqual(await Records.get(table, tenant, ref), {
    ...ref,
    version: "3",
    data: JSON.stringify({ name: "third" }),
    isDeleted: false,
    expiresAt: (START + 30 * DAY) / 1000,
  })
})

test("a delete that bears the Uuid alone leaves the names, and a whole one replaces them", async () => {
  await write("1", { name: "old", tmCreate: "t" })
  await write("2", { uuid: ref.uuid }, { isDeleted: true })
  const ended = await Records.get(table, tenant, ref)
  assert.deepEqual([ended?.isDeleted, ended?.version], [true, "2"])
  assert.deepEqual(await dataOf(), { name: "old", tmCreate: "t" })
  await write("3", { name: "whole", tmCreate: "t" }, { isDeleted: true })
  assert.deepEqual(await dataOf(), { name: "whole", tmCreate: "t" })
  await write("1", { uuid: "never heard of" }, { uuid: "c-2", isDeleted: true })
  assert.equal((await Records.get(table, tenant, { ...ref, uuid: "c-2" }))?.data, undefined)
})

test("a record of up to 4 KB is kept whole; a longer one loses its variables, then all but its names", async () => {
  const sized = (bytes: number, rest: object = {}) => {
    const data = { name: "n", ...rest, variables: { a: "" } }
    data.variables.a = "x".repeat(bytes - JSON.stringify(data).length)
    return data
  }
  const whole = sized(4_096)
  await write("1", whole)
  assert.deepEqual(await dataOf(), whole)
  await write("2", sized(4_097))
  assert.deepEqual(await dataOf(), { name: "n", variables: {} })
  // Without its variables it may be as long.
  const plain = { name: "n", detail: "", variables: {} }
  plain.detail = "d".repeat(4_096 - JSON.stringify(plain).length)
  await write("3", { ...plain, variables: { a: "x" } })
  assert.deepEqual(await dataOf(), plain)
  await write("4", {
    ...plain,
    detail: `${plain.detail}d`,
    uuid: "u",
    uKey: 7,
    email: "e".repeat(501),
    dlmaUuid: null,
    status: 1,
  })
  assert.deepEqual(await dataOf(), {
    uuid: "u",
    name: "n",
    detail: "d".repeat(500),
    uKey: 7,
    email: "e".repeat(500),
    dlmaUuid: null,
  })
})

test("bytes count, and not characters", async () => {
  const data = { name: "n", detail: "\u20ac".repeat(1_400), variables: { a: "x" } }
  await write("1", data)
  assert.deepEqual(await dataOf(), { name: "n", detail: "\u20ac".repeat(500) })
})

test("a record that was not heard of for as long as events are kept is gone", async () => {
  await write("1", { name: "n" })
  now += 30 * DAY - 1000
  assert.ok(await Records.get(table, tenant, ref))
  assert.equal((await Records.list(table, tenant, { kind: "campaign", limit: 10 })).items.length, 1)
  now += 1000
  assert.equal(await Records.get(table, tenant, ref), undefined)
  assert.deepEqual(await Records.getMany(table, tenant, [ref]), [])
  assert.deepEqual((await Records.list(table, tenant, { kind: "campaign", limit: 10 })).items, [])
})

test("a record is removed once, and its namesakes of another kind, source or tenant stay", async () => {
  const others = [{ kind: "plan" as const }, { source: "src_b" }, { uuid: "c-2" }]
  await write("1", { name: "n" })
  for (const other of others) await write("1", { name: "other" }, other as Partial<typeof ref>)
  assert.equal(await Records.remove(table, tenant, ref), true)
  assert.equal(await Records.remove(table, tenant, ref), false)
  assert.equal(await Records.get(table, tenant, ref), undefined)
  for (const other of others)
    assert.ok(await Records.get(table, tenant, { ...ref, ...other }), JSON.stringify(other))
  assert.equal(await Records.get(table, "ten_other", { ...ref, uuid: "c-2" }), undefined)
})

test("more than a hundred are found by two requests, each once, and those that are not there are left out", async () => {
  const uuids = Array.from({ length: 101 }, (_, index) => `c-${index}`)
  await Promise.all(uuids.map((uuid) => write("1", { name: uuid }, { uuid })))
  const refs = [...uuids, "absent"].map((uuid) => ({ ...ref, uuid }))
  const found = await Records.getMany(table, tenant, refs)
  assert.deepEqual(found.map(({ uuid }) => uuid).sort(), uuids.toSorted())
  assert.deepEqual(await Records.getMany(table, tenant, []), [])
})

test("a list has all of a kind in pages, each once, and nothing of another kind", async () => {
  const uuids = Array.from({ length: 25 }, (_, index) => `c-${index}`)
  await Promise.all(uuids.map((uuid) => write("1", { name: uuid }, { uuid })))
  await write("1", { name: "plan" }, { kind: "plan" } as never)
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await Records.list(table, tenant, { kind: "campaign", limit: 10, cursor })
    assert.ok(page.items.length <= 10)
    seen.push(...page.items.map(({ uuid }) => uuid))
    cursor = page.next
  } while (cursor !== undefined)
  assert.deepEqual(seen.sort(), uuids.toSorted())
})

test("a record whose unknown header is repeated 100,000 times is kept by its names", async () => {
  const email = Array<string>(100_000).fill("ann@example.com")
  await write("1", { name: "spring", detail: null, email, variables: {} })
  assert.deepEqual(await dataOf(), { name: "spring", detail: null })
})
