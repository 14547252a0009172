import * as Connector from "@ringback/store/connector"
import { getItem } from "@ringback/store/item"
import { loggedCallKey } from "@ringback/store/item-keys"
import assert from "node:assert/strict"
import { test } from "node:test"
import { MINUTE, RETENTION, START, useTable } from "./table.ts"

const world = useTable({ isLagging: true })
const callOf = (some: Partial<Connector.LoggedCall> = {}): Connector.LoggedCall => ({
  tenant: world.tenant,
  endpointId: "ep_a",
  fingerprint: "account a",
  uuid: "u",
  owner: "first",
  ...some,
})
const read = ({ tenant, endpointId, uuid, isPerson }: Connector.LoggedCall) =>
  getItem(world.table, loggedCallKey(tenant, endpointId, uuid, isPerson ? "person" : "call"), {
    consistent: true,
  })
const begin = (call: Connector.LoggedCall) => Connector.begin(world.table, call, MINUTE)
const nothing = { outcome: "begun", kept: {}, version: undefined, eventId: undefined }

test("one attempt at a time works on a call, and the next one knows what was kept and sent", async () => {
  const { table } = world
  const [first, second] = [callOf(), callOf({ owner: "second" })]
  assert.deepEqual(await begin(first), nothing)
  assert.deepEqual(await begin(second), { outcome: "busy", until: START + MINUTE })
  assert.deepEqual(await begin(first), nothing, "its own message, given out again")
  assert.equal(await Connector.keepCall(table, first, { contact: "7" }), true)
  await assert.rejects(Connector.keepCall(table, second, { contact: "8" }), /taken over this call/)
  await Connector.end(table, second, { version: "9", eventId: "evt_9" })
  assert.equal((await begin(second)).outcome, "busy", "it was not the second one's to end")
  await Connector.end(table, first, { version: "1", eventId: "evt_1" })
  const known = { outcome: "begun", kept: { contact: "7" }, version: "1", eventId: "evt_1" }
  assert.deepEqual(await begin(second), known)
  const { endpointId, expiresAt } = (await read(first))!
  assert.deepEqual([endpointId, expiresAt], ["ep_a", (START + RETENTION) / 1000])
})

test("an attempt that died keeps others away for the time of its lease, and the call no longer", async () => {
  await begin(callOf())
  world.now += MINUTE - 1
  assert.equal((await begin(callOf({ owner: "second" }))).outcome, "busy")
  world.now += 1
  assert.equal((await begin(callOf({ owner: "second" }))).outcome, "begun")
  assert.equal((await read(callOf()))!["expiresAt"], (START + RETENTION) / 1000)
})

test("what is kept of a person is kept anew by each call", async () => {
  const person = callOf({ isPerson: true })
  await begin(person)
  world.now += 2 * MINUTE
  await begin(person)
  assert.equal((await read(person))!["expiresAt"], (world.now + RETENTION) / 1000)
})

test("of another account nothing is known but whose person it was", async () => {
  const { table } = world
  await begin(callOf())
  await Connector.keepCall(table, callOf(), { contact: "7", person: "hash" })
  const begun = await begin(callOf({ fingerprint: "account b" }))
  assert.ok(begun.outcome === "begun")
  assert.deepEqual(begun.kept, { person: "hash" })
  // Twice, because a read that is not consistent may miss the last write.
  for (let count = 0; count < 2; count++)
    await Connector.keepAccount(table, callOf(), { owner: "3" })
  assert.deepEqual(await Connector.accountOf(table, callOf()), { owner: "3" })
  assert.deepEqual(await Connector.accountOf(table, callOf({ fingerprint: "account b" })), {})
})

test("of an erased call nothing is kept, nor of its person, and the attempt at work keeps nothing more", async () => {
  const { table } = world
  const person = callOf({ uuid: "hash", isPerson: true })
  await begin(person)
  await Connector.keepCall(table, person, { contact: "7" })
  await begin(callOf())
  await Connector.keepCall(table, callOf(), { contact: "7", person: "hash" })
  await Connector.emptyCall(table, callOf())
  assert.equal((await read(callOf()))!["kept"], undefined)
  assert.equal((await read(person))!["kept"], undefined)
  assert.equal(await Connector.keepCall(table, callOf(), { contact: "7" }), false)
  await assert.rejects(Connector.keepCall(table, callOf({ owner: "second" }), {}), /taken over/)
  assert.equal((await read(callOf()))!["kept"], undefined)
})

test("emptying a person of whom nothing is kept leaves no item behind", async () => {
  const person = callOf({ uuid: "nobody", isPerson: true })
  await Connector.emptyPerson(world.table, person)
  assert.equal(await read(person), undefined)
})
