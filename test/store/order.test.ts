import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
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
const take = async (version: string, holder: string, isFinal = false) =>
  (await Order.take(table, sending(version, isFinal), holder)).outcome

test("one version at a time is on its way; what is older than an accepted one is superseded", async () => {
  assert.equal(await take("2", "a"), "taken")
  assert.equal(await take("2", "a"), "taken", "its own, whose answer was lost")
  assert.equal(await take("1", "b"), "busy")
  assert.equal(await take("3", "b"), "busy")
  await Order.giveBack(table, sending("2"), "a", true)
  assert.deepEqual(await Order.take(table, sending("1"), "b"), {
    outcome: "superseded",
    by: "evt_2",
  })
  assert.equal(await take("2", "c"), "taken", "an equal one")
  await Order.giveBack(table, sending("2"), "c", true)
  assert.equal(await take("3", "d"), "taken")
})

test("what surely did not arrive supersedes nothing", async () => {
  assert.equal(await take("2", "a"), "taken")
  await Order.giveBack(table, sending("2"), "a", false)
  assert.equal(await take("1", "b"), "taken")
})

test("what was on its way when its worker died counts as accepted, after a minute", async () => {
  assert.equal(await take("2", "a"), "taken")
  now += Order.HELD_MS - 1
  assert.equal(await take("1", "b"), "busy")
  now += 1
  assert.equal(await take("1", "b"), "superseded")
  assert.equal(await take("2", "c"), "taken")
  // The dead one wakes up after all.
  await Order.giveBack(table, sending("2"), "a", false)
  assert.equal(await take("3", "d"), "busy")
})

test("an older one that died lowers nothing", async () => {
  assert.equal(await take("5", "a"), "taken")
  await Order.giveBack(table, sending("5"), "a", true)
  assert.equal(await take("4", "b", true), "taken", "a real delete is never superseded")
  now += Order.HELD_MS
  assert.deepEqual(await Order.take(table, sending("6"), "c"), {
    outcome: "superseded",
    by: "evt_4_final",
  })
  assert.equal(await take("3", "d", true), "taken", "another delete")
})

test("of forty that want it at once, one has it", async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, index) => take(String(index), `holder ${index}`)),
  )
  assert.equal(outcomes.filter((outcome) => outcome === "taken").length, 1)
})

test("what was acknowledged supersedes what is older, and is not lowered by a late one", async () => {
  await Order.accept(table, sending("2"))
  await Order.accept(table, sending("1"))
  assert.equal(await Order.look(table, sending("1")), "evt_2")
  assert.equal(await Order.look(table, sending("2")), undefined)
  await Order.accept(table, sending("0", true))
  assert.equal(await Order.look(table, sending("9")), "evt_0_final")
  assert.equal(await Order.look(table, sending("0", true)), undefined)
})
