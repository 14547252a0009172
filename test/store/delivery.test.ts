import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { makeId } from "@ringback/events/ids"
import * as Delivery from "@ringback/store/delivery"
import type { DeliveryFacts } from "@ringback/store/delivery-facts"
import { deliveryRef } from "@ringback/store/item-keys"
import type { Table } from "@ringback/store/table"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"

const tenant = "ten_06fzk3vq8r2m5x0c9d7g4h1jtw"
let now = Date.parse("2026-11-22T06:00:00Z")
let stack: Stack
let table: Table

before(async () => {
  stack = await startStack()
  table = makeDeps(stack, { now: () => now }).table
})
after(() => stack.close())

const attemptOf = (id: string, error: string | null = "answered 500"): Delivery.Attempt => ({
  id,
  at: now,
  statusCode: error === null ? 204 : 500,
  durationMs: 5,
  error,
  responseBody: null,
})

function newFacts(): DeliveryFacts {
  const endpointId = makeId("ep", now)
  const ref = deliveryRef("evt_x", endpointId, now)
  return { tenant, ref, endpointId, eventId: "evt_x", eventType: "plan.created" }
}

const read = async ({ ref }: DeliveryFacts) =>
  (await Delivery.get(table, tenant, ref, { consistent: true }))!

/** The same table, seen by a client whose first write is done although its answer is lost. */
function losingTable(): { lossy: Table; close: () => void } {
  const clients = makeClients(stack)
  let isLost = false
  clients.dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args)
        if (commandName !== "UpdateItemCommand" || isLost) return answer
        isLost = true
        throw Object.assign(new Error("the answer is lost"), { name: "TimeoutError" })
      },
    { step: "deserialize", priority: "low" },
  )
  return { lossy: { ...table, client: clients.dynamodb }, close: clients.close }
}

test("a decision whose answer was lost is one's own, by its attempt", async () => {
  const facts = newFacts()
  const { lossy, close } = losingTable()
  const failure = { status: "pending" as const, attempt: attemptOf("att_mine") }
  assert.equal(await Delivery.advance(lossy, facts, 0, failure), "won")
  assert.deepEqual([(await read(facts)).turn, (await read(facts)).attemptCount], [1, 1])
  close()
})

test("a decision without an attempt whose answer was lost is one's own, by its times", async () => {
  const due = { at: now + 5_000, nextAt: now + 4_000 }
  for (const slot of [undefined, now + 4_000]) {
    const facts = newFacts()
    const { lossy, close } = losingTable()
    const change = { status: "pending" as const, due, slot }
    assert.equal(await Delivery.advance(lossy, facts, 0, change), "won")
    close()
    assert.equal((await read(facts)).turn, 1)
    const others = [
      { ...change, slot: now + 3_000 },
      { ...change, due: { ...due, at: now + 6_000 } },
      { status: "discarded" as const, reason: "other" },
    ]
    for (const other of others) assert.equal(await Delivery.advance(table, facts, 0, other), "lost")
    await Delivery.advance(table, facts, 1, change)
    assert.equal(await Delivery.advance(table, facts, 0, change), "lost", "a turn later")
  }
})

test("a decision for a turn that another attempt, or no attempt, has ended is lost", async () => {
  const facts = newFacts()
  const decide = (turn: number, id: string) =>
    Delivery.advance(table, facts, turn, { status: "pending", attempt: attemptOf(id) })
  assert.equal(await decide(0, "att_first"), "won")
  assert.equal(await decide(0, "att_other"), "lost")
  assert.equal(await decide(1, "att_first"), "won")
  // The attempt is the last one, but of another turn.
  assert.equal(await decide(0, "att_first"), "lost")
  assert.equal(await Delivery.advance(table, facts, 0, { status: "held" }), "lost")
  assert.equal((await read(facts)).turn, 2)
})

test("a turn that another decision has ended is not kept, although both plan the same time", async () => {
  const facts = newFacts()
  const due = { at: now + 5_000, nextAt: now + 4_000 }
  const planned = { status: "pending" as const, due, slot: now + 4_000 }
  assert.equal(await Delivery.advance(table, facts, 0, planned), "won")
  const parking = { ...planned, keepsTurn: true }
  assert.equal(await Delivery.advance(table, facts, 0, parking), "lost")
  assert.equal((await read(facts)).turn, 1)
})

test("a turn that is kept stays open to what was sent for it", async () => {
  const facts = newFacts()
  const due = { at: now + 1000, nextAt: now + 1000 }
  const parking = { status: "pending" as const, keepsTurn: true, due, slot: now + 1000 }
  assert.equal(await Delivery.advance(table, facts, 0, parking), "won")
  const parked = await read(facts)
  assert.deepEqual([parked.turn, parked.slot], [0, now + 1000])
  assert.deepEqual([parked.attemptCount, parked.tries, parked.attempts], [0, 0, []])
  const settled = { status: "delivered" as const, attempt: attemptOf("att_a", null) }
  assert.equal(await Delivery.advance(table, facts, 0, settled), "won")
  const { turn, status, slot, dueAt, nextAt, dueShard } = await read(facts)
  assert.deepEqual([turn, status], [1, "delivered"])
  assert.deepEqual([slot, dueAt, nextAt, dueShard], [undefined, undefined, undefined, undefined])
})

test("a 2xx that lost its turn makes it delivered, once, and voids what was planned", async () => {
  const facts = newFacts()
  await Delivery.settleDelivered(table, facts, attemptOf("att_none", null))
  assert.equal(await read(facts), undefined, "it makes no delivery of its own")
  const due = { at: now + 5000, nextAt: now + 5000 }
  const failure = { status: "pending" as const, attempt: attemptOf("att_a"), due }
  await Delivery.advance(table, facts, 0, failure)
  await Delivery.settleDelivered(table, facts, attemptOf("att_b", null))
  const settled = await read(facts)
  assert.deepEqual(
    [settled.status, settled.turn, settled.attemptCount, settled.dueAt],
    ["delivered", 2, 2, undefined],
  )
  await Delivery.settleDelivered(table, facts, attemptOf("att_c", null))
  assert.deepEqual(await read(facts), settled)
  assert.equal(await Delivery.advance(table, facts, 1, failure), "lost")
})

test("a schedule that begins anew counts its tries from none, and bears the job that asked", async () => {
  const facts = newFacts()
  await Delivery.advance(table, facts, 0, { status: "failed", attempt: attemptOf("att_a") })
  const restart = (turn: number, job: string | null) =>
    Delivery.advance(table, facts, turn, { status: "pending", restarts: { job } })
  await restart(1, "job_x")
  let { tries, attemptCount, job } = await read(facts)
  assert.deepEqual([tries, attemptCount, job], [0, 1, "job_x"])
  await restart(2, null)
  ;({ tries, attemptCount, job } = await read(facts))
  assert.deepEqual([tries, attemptCount, job], [0, 1, undefined])
})

test("a delivery is gone when its time is over, whether it was deleted or not", async () => {
  const facts = newFacts()
  await Delivery.advance(table, facts, 0, { status: "held", reason: "why" })
  const start = now
  now = (await read(facts)).expiresAt * 1000 - 1
  assert.equal((await read(facts)).reason, "why")
  now += 1
  assert.equal(await read(facts), undefined)
  now = start
})
