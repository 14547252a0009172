import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import * as ApiKey from "@ringback/store/api-key"
import * as Delivery from "@ringback/store/delivery"
import { listDue, moveDue, commonShards } from "@ringback/store/due"
import * as Endpoint from "@ringback/store/endpoint"
import * as Erasure from "@ringback/store/erasure"
import * as Event from "@ringback/store/event"
import * as Gap from "@ringback/store/gap"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Heartbeat from "@ringback/store/heartbeat"
import * as Idempotency from "@ringback/store/idempotency"
import { deliveryRef, hashOf } from "@ringback/store/item-keys"
import { reserve } from "@ringback/store/quota"
import * as Source from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import { heartbeat } from "../harness/heard.ts"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { makeCustomer, makeDeps } from "../harness/system.ts"

let stack: Stack
let table: Table
before(async () => {
  stack = await startStack()
  table = makeDeps(stack).table
})
after(() => stack.close())

const tenant = "ten_x"
const ref = deliveryRef("evt_x", "ep_x", 1)
const facts = { tenant, ref, endpointId: "ep_x", eventId: "evt_x", eventType: "plan.created" }

const claim: Event.Claim = {
  tenant,
  timeNanos: 1n,
  hash: hashOf("x"),
  type: "plan.created",
  source: null,
  uuid: null,
  message: "m",
  receivedAt: 1,
  content: { data: "{}" },
}

/**
 * The table through a client whose writes after the first `accepted` DynamoDB refuses for another reason than their
 * condition.
 */
function throttled(accepted = 0) {
  const clients = makeClients(stack)
  let left = accepted
  clients.dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (/^(Get|Query|BatchGet)/.test(commandName!) || left-- > 0) return next(args)
        throw Object.assign(new Error("too much at once"), { name: "ThrottlingException" })
      },
    { step: "initialize" },
  )
  return { table: { ...table, client: clients.dynamodb }, close: clients.close }
}

test("an outage is never taken for a lost condition: whoever writes hears of it", async () => {
  const customer = await makeCustomer({ table })
  const { source } = customer.source
  const due = { at: 1, nextAt: 1 }
  await Delivery.advance(table, facts, 0, { status: "pending", due })
  const pages = await Promise.all(commonShards.map((shard) => listDue(table, shard, 1, 10)))
  const [entry] = pages.flatMap(({ entries }) => entries)
  assert.ok(entry, "what is due at that very time is due")
  const asked = { scope: tenant, key: "k", fingerprint: "f" }
  const mine = await Idempotency.claim(table, { ...asked, key: "mine" })
  assert.ok(mine.outcome === "first")

  const broken = throttled()
  const writes: [string, (to: Table) => Promise<unknown>][] = [
    ["delivery", (to) => Delivery.advance(to, facts, 1, { status: "failed" })],
    ["event", (to) => Event.claim(to, claim)],
    ["due", (to) => moveDue(to, entry, { at: 2, shard: entry.dueShard })],
    ["health", (to) => BreakerState.recordFailures(to, tenant, "ep_x", 1)],
    ["gap", (to) => Gap.decide(to, tenant, "gap", true, 1)],
    ["source", (to) => Source.update(to, customer.tenant, source.id, { name: "x" })],
    ["tombstone", (to) => Endpoint.remove(to, tenant, "ep_x")],
    ["key", (to) => ApiKey.remove(to, tenant, "key_x")],
    ["heartbeat", (to) => Heartbeat.record(to, source, heartbeat(customer, "A".repeat(22), null))],
    ["idempotency", (to) => Idempotency.claim(to, asked)],
  ]
  for (const [what, write] of writes)
    await assert.rejects(() => write(broken.table), { name: "ThrottlingException" }, what)
  broken.close()
})

test("of two writes the second one's failure is heard of, too", async () => {
  const writes: [string, (to: Table) => Promise<unknown>][] = [
    ["an erased Uuid that was counted", (to) => Erasure.addLinked(to, tenant, "hash")],
    ["a place among none yet", (to) => reserve(to, { tenant, kind: "KEY", id: "key_a" }, 1)],
  ]
  for (const [what, write] of writes) {
    const broken = throttled(1)
    await assert.rejects(() => write(broken.table), { name: "ThrottlingException" }, what)
    broken.close()
  }
})

test("what stands under an Idempotency-Key is its owner's to settle and to release", async () => {
  let now = Date.now()
  const own = { ...table, now: () => now }
  const asked = { scope: tenant, key: "owned", fingerprint: "f" }
  const first = await Idempotency.claim(own, asked)
  assert.ok(first.outcome === "first")
  assert.equal((await Idempotency.claim(own, asked)).outcome, "running")
  assert.equal((await Idempotency.claim(own, { ...asked, fingerprint: "g" })).outcome, "mismatch")
  now += 59_999
  assert.equal((await Idempotency.claim(own, asked)).outcome, "running")
  now += 1
  // Another fingerprint does not take over, however dead the first one is.
  assert.equal((await Idempotency.claim(own, { ...asked, fingerprint: "g" })).outcome, "mismatch")
  const second = await Idempotency.claim(own, asked)
  assert.ok(second.outcome === "first")
  await first.settle("too late")
  await first.release()
  assert.equal((await Idempotency.claim(own, asked)).outcome, "running")
  await second.settle("answer")
  assert.deepEqual(await Idempotency.claim(own, asked), { outcome: "answered", answer: "answer" })
  now += 61_000
  assert.equal((await Idempotency.claim(own, asked)).outcome, "answered")
  now += 24 * 3600_000
  assert.equal((await Idempotency.claim(own, asked)).outcome, "first")
})
