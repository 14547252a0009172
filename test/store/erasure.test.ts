import assert from "node:assert/strict"
import { test } from "node:test"
import type { CallFacts } from "@ringback/events/call"
import * as Call from "@ringback/store/call"
import type { Delivery } from "@ringback/store/delivery"
import * as Erasure from "@ringback/store/erasure"
import * as Event from "@ringback/store/event"
import { getItem, putItem } from "@ringback/store/item"
import { eventIdOf, eventKey, hashOf, type Key } from "@ringback/store/keys"
import { DAY, RETENTION, START, useTable } from "./table.ts"

const world = useTable()
const LIFETIME = 21 * DAY + RETENTION
const hashOfUuid = (uuid: string) => Erasure.hashOfName("uuid", uuid)

test("what was erased is remembered as long as something of it may come, and anew when it is asked for again", async () => {
  const { table, tenant } = world
  await Erasure.remember(table, tenant, hashOfUuid("u"))
  await Erasure.remember(table, "ten_other", hashOfUuid("v"))
  const until = (START + LIFETIME) / 1000
  assert.deepEqual([...(await Erasure.list(table, tenant))], [[hashOfUuid("u"), until]])
  world.now += LIFETIME - 1000
  assert.equal((await Erasure.list(table, tenant)).size, 1)
  world.now += 1000
  assert.equal((await Erasure.list(table, tenant)).size, 0)
  await Erasure.remember(table, tenant, hashOfUuid("u"))
  assert.equal((await Erasure.list(table, tenant)).get(hashOfUuid("u")), until + LIFETIME / 1000)
})

test("it fades once half of its time is over", () => {
  const expiresAt = (START + LIFETIME) / 1000
  world.now = START + LIFETIME / 2
  assert.equal(Erasure.isHalfOver(world.table, expiresAt), false)
  world.now += 1
  assert.equal(Erasure.isHalfOver(world.table, expiresAt), true)
})

test("an event is erased by the Uuid that it tells of, or the one beside it, and by no key of the same text", () => {
  const erased = new Map([[hashOfUuid("u"), 1]])
  const named = (subject: string | null, linked: string | null) =>
    Erasure.erasedIn(erased, { subject, linked, contactKey: "u" })
  assert.equal(named("u", null), hashOfUuid("u"))
  assert.equal(named("x", "u"), hashOfUuid("u"))
  assert.equal(named("x", "y"), undefined)
  assert.equal(named(null, null), undefined)
  assert.notEqual(Erasure.hashOfName("contactKey", "u"), hashOfUuid("u"))
})

const claimOf = (uuid: string, content: Event.Claim["content"]): Event.Claim => ({
  tenant: world.tenant,
  timeNanos: BigInt(START) * 1_000_000n,
  hash: hashOf(uuid),
  type: "dialing.updated",
  source: "src_a",
  uuid,
  message: "m",
  receivedAt: START,
  content,
})
const keyOf = (uuid: string) => eventKey(world.tenant, BigInt(START) * 1_000_000n, hashOf(uuid))
const read = (key: Key) => getItem(world.table, key, { consistent: true })

test("an event is emptied once, in whichever form its content lies, and stays claimed", async () => {
  const { table, tenant } = world
  const contents = { h: { headers: "[]" }, p: { packed: new Uint8Array([1]) }, d: { data: "{}" } }
  for (const [uuid, content] of Object.entries(contents)) {
    await Event.claim(table, claimOf(uuid, content as Event.Claim["content"]))
    assert.equal(await Erasure.emptyEvent(table, keyOf(uuid)), true)
    assert.equal(await Erasure.emptyEvent(table, keyOf(uuid)), false)
    const left = (await read(keyOf(uuid)))!
    assert.deepEqual([left["erased"], left["uuid"], left["message"]], [true, null, "m"])
    for (const name of ["headers", "packed", "data"]) assert.equal(left[name], undefined, name)
    // Claimed anew by its own message, it may have its content again.
    await putItem(table, { ...left, ...keyOf(uuid), ...content })
    assert.equal(await Erasure.emptyEvent(table, keyOf(uuid)), true)
  }
  assert.equal(await Erasure.emptyEvent(table, keyOf("absent")), false)
  assert.equal(await read(keyOf("absent")), undefined)
  await Event.claim(table, claimOf("whole", { headers: "[]" } as never))
  const ids = [...Object.keys(contents), "whole", "absent"].map((uuid) => eventIdOf(keyOf(uuid)))
  const empty = await Erasure.erasedAmong(table, tenant, [...ids, "no id"])
  assert.deepEqual([...empty].sort(), ids.slice(0, 3).sort())
})

test("a call keeps who told it, and nothing that it told", async () => {
  const { table, tenant } = world
  const ref = { tenant, source: "src_a", uuid: "u" }
  const claim = { message: "m", receivedAt: START, timestamp: "t", observedAt: "t" }
  const facts = { number: "+45", variables: {} } as CallFacts
  const references = { campaign: null, plan: null, list: null, contact: null }
  const said = [
    { facts, references: undefined },
    { facts: undefined, references },
    { facts, references },
  ]
  assert.equal(await Erasure.emptyCall(table, ref), false, "nothing was heard of it")
  for (const [index, each] of said.entries()) {
    const one = { ...ref, uuid: `u${index}`, isTest: index === 2 }
    await Call.note(table, one, {
      version: "1",
      answeredAt: null,
      claims: { started: claim },
      ...each,
    })
    assert.equal(await Erasure.emptyCall(table, one), true)
    assert.deepEqual(await Call.get(table, one), { version: "1", started: claim })
    assert.equal(await Erasure.emptyCall(table, one), false)
  }
})

test("of a delivery the words of others are taken out, and codes stay", async () => {
  const { table, tenant } = world
  const attempt = { id: "a", at: START, statusCode: 500, durationMs: 1, responseBody: "Ada" }
  const step = { method: "GET", url: "https://crm.example", statusCode: 404, durationMs: 1 }
  const attempts = [
    { ...attempt, error: "answered 500" },
    { ...attempt, error: null, steps: [step] },
    { ...attempt, error: "no contact +45" },
  ]
  const key = { pk: `${tenant}#D#0`, sk: "1" }
  const item = { ...key, turn: 3, attempts, status: "failed", reason: "no contact +45" }
  const delivery = item as unknown as Delivery
  await putItem(table, item)
  assert.equal(Erasure.hasWords(delivery), true)
  assert.equal(await Erasure.emptyDelivery(table, { ...delivery, turn: 2 }), false)
  const fewer = { ...delivery, attempts: delivery.attempts.slice(1) }
  assert.equal(await Erasure.emptyDelivery(table, fewer), false)
  assert.equal(await Erasure.emptyDelivery(table, delivery), true)
  const left = (await read(key))!
  const bare = { id: "a", at: START, statusCode: 500, durationMs: 1, responseBody: null }
  assert.deepEqual(left["attempts"], [
    { ...bare, error: "answered 500" },
    { ...bare, error: null },
    { ...bare, error: "erased" },
  ])
  assert.equal(left["reason"], "erased")
})

test("only a delivery that holds words of others has any to be taken out", async () => {
  const { table, tenant } = world
  const attempt = { id: "a", at: START, statusCode: 500, durationMs: 1, responseBody: null }
  const of = (some: object) =>
    Erasure.hasWords({ status: "failed", attempts: [], ...some } as never)
  assert.equal(of({}), false)
  assert.equal(of({ reason: "answered 410" }), false)
  assert.equal(of({ reason: "no contact" }), true)
  for (const status of ["held", "discarded"])
    assert.equal(of({ status, reason: "the endpoint rests" }), false, status)
  assert.equal(of({ attempts: [{ ...attempt, error: "answered 500" }] }), false)
  assert.equal(of({ attempts: [{ ...attempt, error: null }] }), false)
  for (const words of [
    { error: "answered 500 Ada" },
    { error: null, steps: [] },
    { error: null, responseBody: "x" },
  ])
    assert.equal(
      of({
        attempts: [
          { ...attempt, error: null },
          { ...attempt, ...words },
        ],
      }),
      true,
    )
  // One without attempts, and another one that had some meanwhile.
  const key = { pk: `${tenant}#D#1`, sk: "1" }
  const item = { ...key, turn: 1, status: "held", reason: "the endpoint rests" }
  await putItem(table, item)
  const delivery = { ...item, attempts: [] } as unknown as Delivery
  assert.equal(await Erasure.emptyDelivery(table, delivery), true)
  assert.equal((await read(key))!["reason"], "the endpoint rests")
  await putItem(table, { ...item, attempts: [attempt] })
  assert.equal(await Erasure.emptyDelivery(table, delivery), false)
})
