import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { parseEventId } from "@ringback/events/ids"
import * as Event from "@ringback/store/event"
import { listEvents } from "@ringback/store/event-list"
import { hashOf } from "@ringback/store/item-keys"
import type { Table } from "@ringback/store/table"
import { startStack, type Stack } from "../harness/stack.ts"
import { makeDeps } from "../harness/system.ts"

const START = Date.parse("2026-11-22T06:00:00Z")
let now = START
let stack: Stack
let table: Table
let count = 0
let tenant: string

before(async () => {
  stack = await startStack()
  table = makeDeps(stack, { now: () => now }).table
})
after(() => stack.close())

function claimOf(rest: Partial<Event.Claim> = {}): Event.Claim {
  tenant = `ten_${++count}`
  return {
    tenant,
    timeNanos: BigInt(now) * 1_000_000n + 1n,
    hash: hashOf("event", count),
    type: "campaign.updated",
    source: "src_a",
    uuid: "u",
    message: "message one",
    receivedAt: now,
    content: { headers: `[["Event","X"]]` },
    ...rest,
  }
}

for (const [what, rest] of [
  ["with a time of its own", {}],
  ["without one", { timeNanos: 0n }],
] as const) {
  test(`an event ${what} is claimed by one message, which may come again`, async () => {
    const claim = claimOf(rest)
    const first = await Event.claim(table, claim)
    assert.equal(first.outcome, "first")
    assert.equal((await Event.claim(table, { ...claim, message: "two" })).outcome, "duplicate")
    const { receivedAt, claimedAt } = first.event!

    now += 60_000
    // Sent again, a collector's message may bear another receipt.
    const again = await Event.claim(table, { ...claim, receivedAt: now })
    assert.equal(again.outcome, "again")
    assert.equal(again.event!.claimedAt, claimedAt)
    const { items } = await listEvents(table, tenant, { limit: 10 })
    assert.equal(items.length, 1)
    assert.deepEqual([items[0]!.receivedAt, items[0]!.claimedAt], [receivedAt, claimedAt])
    assert.equal((await Event.claim(table, { ...claim, message: "two" })).outcome, "duplicate")
  })
}

test("an event without a time of its own is listed by its first receipt, whichever claim writes it", async () => {
  const claim = claimOf({ timeNanos: 0n })
  const { event } = await Event.claim(table, claim)
  const again = await Event.claim(table, { ...claim, receivedAt: now + 5000 })
  assert.equal(Event.idOf(again.event!), Event.idOf(event!))
  assert.equal(parseEventId(Event.idOf(event!))!.timeNanos, BigInt(claim.receivedAt) * 1_000_000n)
  assert.equal(again.event!.receivedAt, claim.receivedAt)
})

test("an event is found by its id until its time is over", async () => {
  const { event } = await Event.claim(table, claimOf({ synthetic: "gap_1", truncated: true }))
  const read = () => Event.get(table, tenant, Event.idOf(event!), { consistent: true })
  const found = (await read())!
  assert.deepEqual([found.synthetic, found.truncated, found.refuted], ["gap_1", true, undefined])
  assert.equal(await Event.get(table, "ten_other", Event.idOf(event!)), undefined)
  assert.equal(await Event.get(table, tenant, "evt_none"), undefined)
  assert.equal(found.expiresAt, Math.floor((now + table.retentionMs) / 1000))
  now = found.expiresAt * 1000 - 1
  assert.ok(await read())
  now += 1
  assert.equal(await read(), undefined)
  assert.deepEqual((await listEvents(table, tenant, { limit: 10 })).items, [])
  now = START
})

test("an event has all that was said of it when it was claimed, and nothing that was not", async () => {
  const data = { data: "{}", except: "ep_1", timestamp: "2026-11-22T06:00:00Z" }
  const all = { synthetic: "gap_1", truncated: true, refuted: "other", test: true }
  const content = { ...data, observedAt: "2026-11-22T06:00:01Z" }
  for (const rest of [{}, { source: null, uuid: null, content, ...all }]) {
    const claim = claimOf(rest)
    const { event } = await Event.claim(table, claim)
    const { tenant: _, timeNanos: __, hash: ___, content: body, ...said } = claim
    const { pk, sk, ...stored } = event!
    const expiresAt = Math.floor((now + table.retentionMs) / 1000)
    assert.deepEqual(stored, { ...said, ...body, claimedAt: now, expiresAt })
    const read = await Event.get(table, tenant, Event.idOf(event!), { consistent: true })
    assert.deepEqual(read, { pk, sk, ...stored })
    assert.equal(Event.timeOf(event!), claim.timeNanos)
  }
})

test("what was sent under an event's id stays, whatever the same message says of it later", async () => {
  const body = {
    data: "one",
    timestamp: "2026-11-22T06:00:00Z",
    observedAt: "2026-11-22T06:00:01Z",
  }
  const claim = claimOf({ content: body })
  const { event } = await Event.claim(table, claim)
  const content = {
    data: "two",
    timestamp: "2026-11-22T07:00:00Z",
    observedAt: "2026-11-22T07:00:01Z",
  }
  now += 60_000
  const again = await Event.claim(table, { ...claim, content, type: "plan.updated" })
  const read = await Event.get(table, tenant, Event.idOf(event!), { consistent: true })
  const expiresAt = Math.floor((now + table.retentionMs) / 1000)
  for (const each of [again.event, read])
    assert.deepEqual(each, { ...event, type: "plan.updated", expiresAt })
  now = START
})

test("of many ids those of living events are found, each once, in the tenant that has them", async () => {
  const claims = [claimOf(), claimOf(), claimOf()].map((claim) => ({ ...claim, tenant }))
  const ids = []
  for (const claim of claims) ids.push(Event.idOf((await Event.claim(table, claim)).event!))
  const asked = [
    ...ids,
    ids[0]!,
    "evt_none",
    ids[1]!.replace(/.$/, (last) => (last === "0" ? "8" : "0")),
  ]
  const found = await Event.getMany(table, tenant, asked)
  assert.deepEqual([...found.keys()].toSorted(), ids.toSorted())
  for (const [id, event] of found) assert.equal(Event.idOf(event), id)
  assert.equal((await Event.getMany(table, "ten_other", asked)).size, 0)
  assert.equal((await Event.getMany(table, tenant, [])).size, 0)
  now = [...found.values()][0]!.expiresAt * 1000
  assert.equal((await Event.getMany(table, tenant, ids)).size, 0)
  now = START
})
