import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { getItem } from "@ringback/store/item"
import { orderKey } from "@ringback/store/item-keys"
import * as Order from "@ringback/store/order"
import type { Table } from "@ringback/store/table"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"

let stack: Stack
let now = Date.now()
let table: Table
let count = 0
before(async () => {
  stack = await startStack()
  table = makeDeps(stack, { now: () => now }).table
})
after(() => stack.close())
beforeEach(() => void count++)

const sending = (version: string, isFinal = false): Order.Sending => ({
  tenant: "ten_x",
  endpointId: "ep_x",
  subject: `subject ${count}`,
  version,
  isFinal,
  eventId: `evt_${version}${isFinal ? "_final" : ""}`,
})
const acquire = async (version: string, holder: string, isFinal = false) =>
  (await Order.acquire(table, sending(version, isFinal), holder)).outcome

test("one version at a time is on its way; what is older than an accepted one is superseded", async () => {
  assert.equal(await acquire("2", "a"), "acquired")
  assert.equal(await acquire("2", "a"), "acquired", "its own, whose answer was lost")
  assert.equal(await acquire("1", "b"), "busy")
  assert.equal(await acquire("3", "b"), "busy")
  await Order.releaseLease(table, sending("2"), "a", true)
  assert.deepEqual(await Order.acquire(table, sending("1"), "b"), {
    outcome: "superseded",
    by: "evt_2",
  })
  assert.equal(await acquire("2", "c"), "acquired", "an equal one")
  await Order.releaseLease(table, sending("2"), "c", true)
  assert.equal(await acquire("3", "d"), "acquired")
})

test("what surely did not arrive supersedes nothing", async () => {
  assert.equal(await acquire("2", "a"), "acquired")
  await Order.releaseLease(table, sending("2"), "a", false)
  assert.equal(await acquire("1", "b"), "acquired")
})

test("what was on its way when its worker died counts as accepted, after a minute", async () => {
  assert.equal(await acquire("2", "a"), "acquired")
  now += Order.LEASE_MS - 1
  assert.equal(await acquire("1", "b"), "busy")
  now += 1
  assert.equal(await acquire("1", "b"), "superseded")
  assert.equal(await acquire("2", "c"), "acquired")
  // The dead one wakes up after all.
  await Order.releaseLease(table, sending("2"), "a", false)
  assert.equal(await acquire("3", "d"), "busy")
})

test("an older one that died lowers nothing", async () => {
  assert.equal(await acquire("5", "a"), "acquired")
  await Order.releaseLease(table, sending("5"), "a", true)
  assert.equal(await acquire("4", "b", true), "acquired", "a real delete is never superseded")
  now += Order.LEASE_MS
  assert.deepEqual(await Order.acquire(table, sending("6"), "c"), {
    outcome: "superseded",
    by: "evt_4_final",
  })
  assert.equal(await acquire("3", "d", true), "acquired", "another delete")
})

test("of forty that want it at once, one has it", async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, index) => acquire(String(index), `holder ${index}`)),
  )
  assert.equal(outcomes.filter((outcome) => outcome === "acquired").length, 1)
})

test("what was acknowledged supersedes what is older, and is not lowered by a late one", async () => {
  await Order.accept(table, sending("2"))
  await Order.accept(table, sending("1"))
  assert.equal(await Order.findSuperseding(table, sending("1")), "evt_2")
  assert.equal(await Order.findSuperseding(table, sending("2")), undefined)
  await Order.accept(table, sending("0", true))
  assert.equal(await Order.findSuperseding(table, sending("9")), "evt_0_final")
  assert.equal(await Order.findSuperseding(table, sending("0", true)), undefined)
})

test("what an endpoint accepted is kept as long as a delivery may come, from the last word on", async () => {
  const { tenant, endpointId, subject } = sending("1")
  const read = () => getItem(table, orderKey(tenant, endpointId, subject), { consistent: true })
  const steps: [what: string, step: () => Promise<unknown>][] = [
    ["acquired", () => acquire("1", "a")],
    ["released", () => Order.releaseLease(table, sending("1"), "a", false)],
    ["accepted", () => Order.accept(table, sending("2"))],
    ["taken for a delete", () => acquire("3", "b", true)],
    ["released", () => Order.releaseLease(table, sending("3", true), "b", true)],
    ["accepted", () => Order.accept(table, sending("4", true))],
  ]
  for (const [what, step] of steps) {
    now += 10_000
    await step()
    assert.equal((await read())!["expiresAt"], Math.floor((now + table.retentionMs) / 1000), what)
  }
  assert.equal((await read())!["finalBy"], "evt_4_final")
})

test("an item that was given back bears nothing of who had it", async () => {
  const { tenant, endpointId, subject } = sending("1")
  const read = () => getItem(table, orderKey(tenant, endpointId, subject), { consistent: true })
  await acquire("1", "a")
  assert.deepEqual(
    [(await read())!["holder"], (await read())!["until"]],
    ["a", now + Order.LEASE_MS],
  )
  await Order.releaseLease(table, sending("1"), "b", true)
  assert.equal((await read())!["holder"], "a", "another's to give back")
  await Order.releaseLease(table, sending("1"), "a", true)
  const { pk: _, sk: __, expiresAt: ___, ...left } = (await read())!
  assert.deepEqual(left, { accepted: "1", acceptedBy: "evt_1" })
})

test("a second event of the accepted version whose worker died does not take the first one's place", async () => {
  const second = { ...sending("2"), eventId: "evt_second" }
  await acquire("2", "a")
  await Order.releaseLease(table, sending("2"), "a", true)
  assert.equal((await Order.acquire(table, second, "b")).outcome, "acquired")
  const busy = await Order.acquire(table, sending("3"), "c")
  assert.deepEqual(busy, { outcome: "busy", until: now + Order.LEASE_MS })
  now += Order.LEASE_MS
  const superseded = { outcome: "superseded", by: "evt_2" }
  assert.deepEqual(await Order.acquire(table, sending("1"), "c"), superseded)
  assert.equal(await Order.findSuperseding(table, sending("1")), "evt_2")
})

test("a delete that surely did not arrive supersedes nothing; one that did, all but another", async () => {
  await acquire("2", "a", true)
  assert.equal(await acquire("3", "b"), "busy")
  await Order.releaseLease(table, sending("2", true), "a", false)
  assert.equal(await acquire("1", "b"), "acquired")
  await Order.releaseLease(table, sending("1"), "b", true)
  await acquire("2", "a", true)
  await Order.releaseLease(table, sending("2", true), "a", true)
  assert.deepEqual(await Order.acquire(table, sending("3"), "b"), {
    outcome: "superseded",
    by: "evt_2_final",
  })
  assert.equal(await acquire("1", "b", true), "acquired")
})
