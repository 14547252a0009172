import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { commonShards, healthShard, listDue } from "@ringback/store/due"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Health from "@ringback/store/health"
import { dropSlots, dropSlowSlots, takeSlots } from "@ringback/store/rate-slots"
import type { Table } from "@ringback/store/table"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"

const tenant = "ten_06fzk3vq8r2m5x0c9d7g4h1jtw"
let now = Date.parse("2026-11-22T06:00:00Z")
let stack: Stack
let table: Table
let id: string
let count = 0

before(async () => {
  stack = await startStack()
  table = makeDeps(stack, { now: () => now }).table
})
after(() => stack.close())
beforeEach(() => void (id = `ep_${++count}`))

const read = () => Health.get(table, tenant, id, { consistent: true })

/** The endpoint's own entry in the index of what falls due. */
async function entry() {
  const pages = await Promise.all(
    commonShards.map((shard) => listDue(table, shard, Number.MAX_SAFE_INTEGER, 100)),
  )
  return pages.flatMap(({ entries }) => entries).find(({ endpointId }) => endpointId === id)
}

test("failures in a row are counted from the first one until a success", async () => {
  const first = now
  await BreakerState.recordFailures(table, tenant, id, 2)
  now += 1000
  const health = await BreakerState.recordFailures(table, tenant, id, 3)
  assert.deepEqual(health, { failures: 5, failingSince: first })
  assert.deepEqual(await BreakerState.close(table, tenant, id), { failures: 0 })
  assert.equal(await BreakerState.close(table, tenant, id), undefined, "all is well already")
})

test("an endpoint that rests is woken by one success, and forgets how it failed", async () => {
  await BreakerState.recordFailures(table, tenant, id, 10)
  await Health.recordSlow(table, tenant, id)
  assert.equal((await BreakerState.open(table, tenant, id, now + 60_000))!.state, "resting")
  assert.equal(await BreakerState.open(table, tenant, id, now + 90_000), undefined)
  assert.deepEqual(
    [(await entry())!.dueAt, (await entry())!.dueShard],
    [now + 60_000, healthShard(id)],
  )
  await BreakerState.takeProbe(table, tenant, id, 60_000)
  now += 1000
  const woken = await BreakerState.close(table, tenant, id)
  // When it was slow is known further: deliveries may have slots of that time.
  const slowAt = now - 1000
  assert.deepEqual(woken, { failures: 0, state: "waking", wokenAt: now, slowAt })
  assert.equal((await entry())!.dueAt, now)
  await BreakerState.endWaking(table, tenant, id)
  assert.deepEqual(await read(), { failures: 0, slowAt })
  assert.equal(await entry(), undefined)
  assert.equal(await BreakerState.endWaking(table, tenant, id), undefined)
})

test("while it rests its entry stays, and failures that go on do not wake it", async () => {
  await BreakerState.recordFailures(table, tenant, id, 10)
  await BreakerState.open(table, tenant, id, now)
  assert.equal(await BreakerState.endWaking(table, tenant, id), undefined)
  assert.equal((await BreakerState.recordFailures(table, tenant, id, 1))!.state, "resting")
  assert.equal((await read()).state, "resting")
})

test("one probe at a time: a lease is another's until it ends", async () => {
  assert.ok(await BreakerState.takeProbe(table, tenant, id, 60_000))
  assert.equal(await BreakerState.takeProbe(table, tenant, id, 60_000), undefined)
  now += 59_999
  assert.equal(await BreakerState.takeProbe(table, tenant, id, 60_000), undefined)
  now += 1
  assert.equal((await BreakerState.takeProbe(table, tenant, id, 60_000))!.leaseUntil, now + 60_000)
})

test("of two pauses the longer one stands", async () => {
  await Health.pause(table, tenant, id, now + 60_000)
  assert.equal(await Health.pause(table, tenant, id, now + 5_000), undefined)
  assert.equal((await read()).pausedUntil, now + 60_000)
  assert.equal((await Health.pause(table, tenant, id, now + 61_000))!.pausedUntil, now + 61_000)
})

test("failures are forgotten from the time that was judged, and from no other", async () => {
  await BreakerState.recordFailures(table, tenant, id, 7)
  const since = now
  now += 1000
  assert.equal(await BreakerState.failingFrom(table, tenant, id, since - 1, now), undefined)
  assert.deepEqual(await BreakerState.failingFrom(table, tenant, id, since, now), {
    failures: 0,
    failingSince: now + 1,
  })
})

test("an endpoint that is forgotten keeps nothing but its slots, how slow it is, and the look at what was parked with it", async () => {
  assert.equal(await BreakerState.resetAndWake(table, tenant, id), undefined)
  assert.equal(await entry(), undefined, "nothing is made of nothing")
  await BreakerState.recordFailures(table, tenant, id, 7)
  await Health.recordSlow(table, tenant, id)
  await Health.pause(table, tenant, id, now + 5000)
  await takeSlots(table, tenant, id, 1, 60_000)
  await BreakerState.takeProbe(table, tenant, id, 60_000)
  assert.deepEqual(await BreakerState.resetAndWake(table, tenant, id), {
    failures: 0,
    state: "waking",
    wokenAt: now,
    slowAt: now,
    nextFree: now + 60_000,
  })
  assert.equal((await entry())!.dueAt, now)
})

test("slots follow one another without a gap, and begin anew where the rate is another", async () => {
  const take = (slots: number) => takeSlots(table, tenant, id, slots, 1000)
  const start = now
  assert.equal(await take(3), start)
  assert.equal(await take(1), start + 3000)
  assert.equal(await take(1), start + 4000)
  now += 5000
  assert.equal(await take(1), now, "a slot that has passed is nobody's")
  await dropSlots(table, tenant, id)
  assert.equal((await read()).nextFree, undefined)
  assert.equal(await take(1), now)
  assert.equal(await dropSlots(table, tenant, `${id}x`), undefined)
})

test("the time between slots is rounded up, so that a rate is never exceeded", async () => {
  const intervalMs = 1000 / 3
  const start = await takeSlots(table, tenant, id, 1, intervalMs)
  assert.equal(await takeSlots(table, tenant, id, 2, intervalMs), start + 334)
  assert.equal(await takeSlots(table, tenant, id, 1, intervalMs), start + 334 + 667)
})

test("once an endpoint is slow no more its slots are dropped once, and only those that are far ahead", async () => {
  const drop = (until: number) => dropSlowSlots(table, tenant, id, until)
  assert.equal(await drop(now), undefined, "it was never slow")
  await Health.recordSlow(table, tenant, id)
  await takeSlots(table, tenant, id, 3, 1000)
  now += 1
  assert.deepEqual(await drop(now + 60_000), { health: await read(), isDropped: false })
  assert.ok((await read()).nextFree! > now)
  assert.equal(await drop(now), undefined, "that was decided")
  now += 10 * 60_000
  await Health.recordSlow(table, tenant, id)
  await takeSlots(table, tenant, id, 3, 1000)
  now += 1
  assert.deepEqual(await drop(now), { health: await read(), isDropped: true })
  assert.equal((await read()).nextFree, undefined)
})

test("slots that are taken while they are dropped begin now", async () => {
  const clients = makeClients(stack)
  const first = await takeSlots(table, tenant, id, 5, 1000)
  let isDropped = false
  const racing = { ...table, client: clients.dynamodb }
  clients.dynamodb.middlewareStack.add(
    (next) => async (args) => {
      const { UpdateExpression = "" } = args.input as { UpdateExpression?: string }
      if (UpdateExpression.startsWith("ADD nextFree") && !isDropped) {
        isDropped = true
        await dropSlots(table, tenant, id)
      }
      return next(args)
    },
    { step: "initialize", name: "drop" },
  )
  const taken = await takeSlots(racing, tenant, id, 1, 1000)
  clients.close()
  assert.ok(isDropped)
  assert.equal(taken, first)
})
