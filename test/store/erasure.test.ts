import assert from "node:assert/strict"
import { test } from "node:test"
import pMap from "p-map"
import type { CallFacts } from "@ringback/events/call"
import * as Call from "@ringback/store/call"
import { listChanges } from "@ringback/store/changes"
import type { Delivery } from "@ringback/store/delivery"
import * as Erasure from "@ringback/store/erasure"
import * as Event from "@ringback/store/event"
import { getItem, putItem } from "@ringback/store/item"
import { eventIdOf, eventKey, hashOf, linkedCountKey, type Key } from "@ringback/store/item-keys"
import { DAY, MINUTE, RETENTION, START, useTable } from "./table.ts"

const world = useTable()
const LIFETIME = 21 * DAY + RETENTION
const hashOfUuid = (uuid: string) => Erasure.hashOfName("uuid", uuid)

test("what was erased is remembered as long as something of it may come, and anew when it is asked for again", async () => {
  const { table, tenant } = world
  await Erasure.remember(table, tenant, hashOfUuid("u"))
  await Erasure.remember(table, "ten_other", hashOfUuid("v"))
  const until = (START + LIFETIME) / 1000
  const list = async () => [...(await Erasure.list(table, tenant))!]
  const find = async () => [...(await Erasure.find(table, tenant, ["u", "v", "w"].map(hashOfUuid)))]
  for (const look of [list, find]) assert.deepEqual(await look(), [[hashOfUuid("u"), until]])
  world.now += LIFETIME - 1000
  for (const look of [list, find]) assert.equal((await look()).length, 1)
  world.now += 1000
  for (const look of [list, find]) assert.deepEqual(await look(), [])
  await Erasure.remember(table, tenant, hashOfUuid("u"))
  for (const look of [list, find])
    assert.deepEqual(await look(), [[hashOfUuid("u"), until + LIFETIME / 1000]])
})

test("it fades once half of its time is over", () => {
  const expiresAt = (START + LIFETIME) / 1000
  world.now = START + LIFETIME / 2
  assert.equal(Erasure.isHalfOver(world.table, expiresAt), false)
  world.now += 1
  assert.equal(Erasure.isHalfOver(world.table, expiresAt), true)
})

test("an event is erased by the Uuid that it tells of, or the one beside it, and by no key of the same text", () => {
  const hashes = (subject: string | null, linked: string | null) =>
    Erasure.hashesOf({ subject, linked })
  assert.deepEqual(hashes("u", null), [hashOfUuid("u")])
  assert.deepEqual(hashes("x", "u"), [hashOfUuid("x"), hashOfUuid("u")])
  // A key that is asked for twice is refused.
  assert.deepEqual(hashes("u", "u"), [hashOfUuid("u")])
  assert.deepEqual(hashes(null, null), [])
  assert.notEqual(Erasure.hashOfName("contactKey", "u"), hashOfUuid("u"))
  assert.equal(hashOfUuid("u\ud800"), hashOfUuid("u\ufffd"), "as it is stored")
})

test("whether a tenant has erasures is told by one read, and by those of its own", async () => {
  const { table, tenant } = world
  await Erasure.remember(table, "ten_other", hashOfUuid("u"))
  assert.deepEqual(await Erasure.readMarker(table, tenant), { isAny: false })
  await Erasure.remember(table, tenant, hashOfUuid("u"))
  assert.deepEqual(await Erasure.readMarker(table, tenant), { isAny: true })
})

test("a tenant can add a thousand linked Uuids a day, and they are announced to nobody", async () => {
  const { table, tenant } = world
  const add = (uuid: string, of = tenant) => Erasure.addLinked(table, of, hashOfUuid(uuid))
  const has = async (uuid: string) =>
    (await Erasure.find(table, tenant, [hashOfUuid(uuid)])).has(hashOfUuid(uuid))
  const before = (await listChanges(table, 0)).length
  assert.equal(await add("first"), true)
  const counter = (await read(linkedCountKey(tenant, Erasure.dayOf(table))))!
  assert.deepEqual([counter["count"], Erasure.LINKED_A_DAY], [1, 1000])
  assert.equal(counter["expiresAt"], (START + 2 * DAY) / 1000)
  await putItem(table, { ...(counter as Key), count: 999 })
  world.now += MINUTE
  assert.equal(await add("last"), true)
  assert.equal(await add("one more"), false)
  assert.deepEqual(
    [await has("first"), await has("last"), await has("one more")],
    [true, true, false],
  )
  assert.equal(await add("one more", "ten_other"), true)
  world.now += DAY
  assert.equal(await add("one more"), true)
  assert.equal(await has("one more"), true)
  assert.equal((await listChanges(table, 0)).length, before)
  assert.equal((await Erasure.list(table, tenant))!.size, 3)
})

test("a thousand erasures are not listed, and found nevertheless", async () => {
  const { table, tenant } = world
  const all = Array.from({ length: 1000 }, (_, index) => hashOfUuid(`u${index}`))
  await pMap(all, (hash) => Erasure.addAnother(table, tenant, hash), { concurrency: 25 })
  assert.equal(await Erasure.list(table, tenant), undefined)
  assert.deepEqual(new Set((await Erasure.find(table, tenant, all)).keys()), new Set(all))
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
  const empty = await Erasure.withoutContent(table, tenant, [...ids, "no id"])
  assert.deepEqual(
    ids.map((id) => empty.get(id)),
    ["erased", "erased", "erased", undefined, "expired"],
  )
  assert.equal(empty.has("no id"), false)
})

test("a call keeps who told it, and nothing that it told", async () => {
  const { table, tenant } = world
  const ref = { tenant, source: "src_a", uuid: "u" }
  const claim = { message: "m", receivedAt: START, timestamp: "t", observedAt: "t" }
  const facts = { number: "+45", variables: {} } as CallFacts
  const references = { campaign: null, plan: null, list: null, contact: null }
  const said = [
    { facts, references: undefined },
    { facts, references },
  ]
  for (const [index, each] of said.entries()) {
    const one = { ...ref, uuid: `u${index}`, isTest: index === 1 }
    await Call.note(table, one, {
      version: "1",
      answeredAt: null,
      claims: { started: claim },
      ...each,
    })
    await Erasure.emptyCall(table, one)
    assert.deepEqual(await Call.get(table, one), { version: "1", started: claim })
  }
  const bare = { ...ref, uuid: "bare" }
  await Call.note(table, bare, {
    version: "1",
    answeredAt: null,
    claims: { started: claim },
    facts: undefined,
    references,
  })
  assert.deepEqual(
    await Call.get(table, bare),
    { started: claim },
    "an event without facts tells nothing",
  )
})

test("nothing is added to an erased call but claims, by a worker that heard of it before", async () => {
  const { table, tenant } = world
  const ref = { tenant, source: "src_a", uuid: "late" }
  const claim = { message: "m", receivedAt: START, timestamp: "t", observedAt: "t" }
  const facts = { number: "+45", variables: {} } as CallFacts
  const references = { campaign: null, plan: null, list: null, contact: null }
  await Erasure.emptyCall(table, ref)
  assert.deepEqual(await Call.get(table, ref), {}, "also one of which nothing was heard")
  const note = { version: "2", facts, references, answeredAt: "t", claims: { started: claim } }
  assert.deepEqual(await Call.note(table, ref, note), {})
  assert.deepEqual(await Call.get(table, ref), { answeredAt: "t", started: claim })
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
  const facts = { turn: 3, attemptCount: 3, status: "failed", reason: "no contact +45" }
  const item = { ...key, ...facts, attempts }
  const delivery = item as unknown as Delivery
  await putItem(table, item)
  assert.equal(Erasure.hasWords(delivery), true)
  assert.equal(await Erasure.emptyDelivery(table, { ...delivery, turn: 2 }), false)
  const fewer = { ...delivery, attemptCount: 2 }
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
  const delivery = { ...item, attemptCount: 0, attempts: [] } as unknown as Delivery
  assert.equal(await Erasure.emptyDelivery(table, delivery), true)
  assert.equal((await read(key))!["reason"], "the endpoint rests")
  await putItem(table, { ...item, attemptCount: 1, attempts: [attempt] })
  assert.equal(await Erasure.emptyDelivery(table, delivery), false)
})
