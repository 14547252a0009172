import assert from "node:assert/strict"
import { test } from "node:test"
import * as Delivery from "@ringback/store/delivery"
import { listDue, type DueEntry } from "@ringback/store/due"
import * as Endpoint from "@ringback/store/endpoint"
import { getItem } from "@ringback/store/item"
import { deliveryRef, endpointKey } from "@ringback/store/item-keys"
import * as Pull from "@ringback/store/pull"
import { makeEndpoint } from "../harness/system.ts"
import { DAY, MINUTE, RETENTION, START, useTable } from "./table.ts"

const world = useTable({ isLagging: true })
const EVENT = `evt_${"0".repeat(32)}`
const factsOf = (endpointId: string): Parameters<typeof Delivery.advance>[1] => ({
  tenant: world.tenant,
  ref: deliveryRef(EVENT, endpointId, START),
  endpointId,
  eventId: EVENT,
  eventType: "plan.updated",
})

async function makeWaiting(status: Delivery.DeliveryStatus = "pending") {
  const endpointId = `ep_${crypto.randomUUID()}`
  const facts = factsOf(endpointId)
  const due = Pull.waitingFrom(endpointId, START)
  await Delivery.advance(world.table, facts, 0, { status, due })
  return facts
}
const dueOf = async (endpointId: string, now = world.now) =>
  (await listDue(world.table, Pull.pullShard(endpointId), now, 10)).entries
const read = (facts: { ref: Parameters<typeof Delivery.get>[2] }) =>
  Delivery.get(world.table, world.tenant, facts.ref, { consistent: true })

test("a lease says when it was given, and what is none says nothing", () => {
  const [one, other] = [Pull.makeLease(START), Pull.makeLease(START)]
  assert.notEqual(one, other)
  assert.match(one, /^[\w-]{12}\.[0-9a-z]+$/)
  assert.equal(Pull.timeOfLease(one), START)
  for (const text of ["", "x", `${one}!`, `x${one}`, one.slice(1), `${"a".repeat(12)}.`])
    assert.equal(Pull.timeOfLease(text), undefined, text)
})

test("an item waits in its endpoint's own shard, and is given to one until its lease is over", async () => {
  const { endpointId, ref } = await makeWaiting()
  const [entry] = (await dueOf(endpointId)) as [DueEntry]
  assert.equal(entry.dueAt, START)
  const [lease, second] = [Pull.makeLease(START), Pull.makeLease(START)]
  assert.equal(await Pull.lease(world.table, entry, lease, START + MINUTE), true)
  assert.equal(await Pull.lease(world.table, entry, second, START + MINUTE), false)
  assert.deepEqual(await dueOf(endpointId), [])
  const leased = (await read({ ref }))!
  assert.deepEqual([leased.lease, leased.attemptCount], [lease, 1])
  assert.deepEqual([leased.dueAt, leased.nextAt], [START + MINUTE, START + MINUTE])
  world.now += MINUTE
  const [again] = (await dueOf(endpointId)) as [DueEntry]
  assert.equal(await Pull.lease(world.table, again, second, world.now + MINUTE), true)
  assert.equal((await read({ ref }))!.attemptCount, 2)
  assert.equal(await Pull.lease(world.table, { ...again, dueShard: "x" }, lease, 0), false)
})

test("an item that is put off waits until then, unless it was leased since it was read", async () => {
  const { endpointId, ref } = await makeWaiting()
  const [entry] = (await dueOf(endpointId)) as [DueEntry]
  assert.equal(await Pull.putOff(world.table, entry, START + MINUTE), true)
  assert.deepEqual(await dueOf(endpointId), [])
  const { dueAt, nextAt, attemptCount, lease } = (await read({ ref }))!
  assert.deepEqual(
    [dueAt, nextAt, attemptCount, lease],
    [START + MINUTE, START + MINUTE, 0, undefined],
  )
  const [again] = (await dueOf(endpointId, START + MINUTE)) as [DueEntry]
  await Pull.lease(world.table, again, Pull.makeLease(START), START + 2 * MINUTE)
  assert.equal(await Pull.putOff(world.table, again, START + 3 * MINUTE), false)
  assert.equal((await read({ ref }))!.dueAt, START + 2 * MINUTE)
})

test("what is acknowledged by its lease is delivered, with an attempt from the lease to the word", async () => {
  for (const status of ["pending", "held", "failed"] as const) {
    world.now = START
    const { endpointId, ref } = await makeWaiting(status)
    const [entry] = (await dueOf(endpointId)) as [DueEntry]
    const lease = Pull.makeLease(START)
    await Pull.lease(world.table, entry, lease, START + MINUTE)
    world.now += 5000
    const ack = (some: Partial<Pull.Ack> = {}) =>
      Pull.acknowledge(world.table, world.tenant, { endpointId, ref, lease, ...some })
    assert.equal(await ack({ lease: "none" }), false)
    assert.equal(await ack({ lease: Pull.makeLease(START) }), false)
    assert.equal(await ack({ endpointId: "ep_other" }), false)
    const before = (await read({ ref }))!
    assert.equal(await ack(), true)
    const { dueAt: _, nextAt: __, dueShard: ___, ...rest } = before
    const attempt = {
      id: `att_${lease.slice(0, 12)}`,
      at: START,
      statusCode: null,
      durationMs: 5000,
      error: null,
      responseBody: null,
    }
    const after = { ...rest, status: "delivered", turn: before.turn + 1, attempts: [attempt] }
    assert.deepEqual(await read({ ref }), after)
    const item = await getItem(world.table, { pk: before.pk, sk: before.sk }, { consistent: true })
    assert.equal(item!["openKey"], undefined)
    assert.equal(await ack(), true, "said twice it counts, too")
    assert.equal(await ack({ endpointId: "ep_other" }), false)
    assert.equal(await ack({ lease: Pull.makeLease(START) }), false)
    assert.deepEqual(await read({ ref }), after)
  }
})

test("a clock that went back makes no attempt of less than nothing, and what is discarded stays so", async () => {
  const { endpointId, ref } = await makeWaiting()
  const [entry] = (await dueOf(endpointId)) as [DueEntry]
  const lease = Pull.makeLease(START + 9000)
  await Pull.lease(world.table, entry, lease, START + MINUTE)
  const ack = { endpointId, ref, lease }
  assert.equal(await Pull.acknowledge(world.table, world.tenant, ack), true)
  assert.equal((await read({ ref }))!.attempts[0]!.durationMs, 0)
  const other = await makeWaiting("discarded")
  const [discarded] = (await dueOf(other.endpointId)) as [DueEntry]
  await Pull.lease(world.table, discarded, lease, START + MINUTE)
  const { endpointId: id, ref: place } = other
  const late = { endpointId: id, ref: place, lease }
  assert.equal(await Pull.acknowledge(world.table, world.tenant, late), false)
})

test("an item counts as never fetched a day before it is gone", () => {
  assert.equal(Pull.pastAt({ expiresAt: (START + RETENTION) / 1000 }), START + RETENTION - DAY)
})

test("a pull endpoint is looked at once a day, or sooner, until it is not", async () => {
  const { table, tenant } = world
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/")
  const { id } = endpoint
  const pull = await Endpoint.create(
    table,
    tenant,
    { ...endpoint, auth: null, connector: null, pull: true } as never,
    "whsec_x",
  )
  const dueAt = async (endpointId: string) =>
    (await getItem(table, endpointKey(tenant, endpointId), { consistent: true }))!["dueAt"]
  assert.equal(await dueAt(pull.id), START + DAY)
  assert.equal(await dueAt(id), undefined)
  assert.equal(await Pull.watchNext(table, tenant, pull.id, START + MINUTE), true)
  assert.equal(await dueAt(pull.id), START + MINUTE)
  assert.equal(await Pull.watchNext(table, tenant, pull.id, Infinity), true)
  assert.equal(await dueAt(pull.id), START + DAY)
  assert.equal(await Pull.unwatch(table, tenant, pull.id), true)
  assert.equal(await dueAt(pull.id), undefined)
  assert.equal(await Pull.unwatch(table, tenant, pull.id), false)
  assert.equal(await Pull.watchNext(table, tenant, pull.id, START + MINUTE), false)
  assert.equal(Pull.watchFrom("ep_1", START).dueAt, START + Pull.WATCH_EVERY_MS)
})
