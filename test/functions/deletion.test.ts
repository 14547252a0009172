import assert from "node:assert/strict"
import { describe, test } from "node:test"
import * as ApiKey from "@ringback/store/api-key"
import * as BreakerState from "@ringback/store/breaker-state"
import * as Gap from "@ringback/store/gap"
import * as Health from "@ringback/store/health"
import { connectorKey, endpointKey, healthKey, oauthTokenKey } from "@ringback/store/item-keys"
import { getItem } from "@ringback/store/item"
import { answer, ok } from "../harness/receiver.ts"
import { byPath } from "../harness/world.ts"
import { itemsOf, wordsOf } from "./person.ts"
import {
  world,
  api,
  SECRETS,
  ada,
  own,
  call,
  settle,
  signIn,
  resting,
  dueOf,
} from "./deletion-set-up.ts"

describe("deleting a tenant", () => {
  /** A tenant that has one of everything. */
  async function furnish() {
    const { table } = world.deps
    const { tenant } = world.customer
    const key = (await call("POST /keys", { body: { name: "Adalbert's key" } })).body.key as string
    await call("POST /portal-links", { body: {}, key })
    const all = await world.addEndpoint({
      eventTypes: ["*"],
      order: "latest",
      headers: { authorization: SECRETS[0]! },
      metadata: { person: "Adalbert" },
    })
    const held = await world.addEndpoint({ eventTypes: ["*"], disabled: true })
    const pull = await world.addEndpoint({ url: null, pull: true, eventTypes: ["*"] })
    const rests = await resting()
    await signIn(all.id)
    world.receiver.behave(
      byPath({ [all.path]: (_, response) => answer(response, 500, {}, "Adalbert who?") }, ok),
    )
    for (const headers of ada.events) await world.say(headers)
    await world.pump()
    world.advance(6_000)
    await world.pump()
    await Gap.decide(table, tenant, "a gap", true, world.now())
    const { data } = (await call("GET /events?type=dllist.created")).body
    await call(`POST /events/${data[0].id}/replay`, { body: { endpointId: all.id } })
    const since = new Date(world.now() - 3600_000).toISOString()
    await call(`POST /endpoints/${all.id}/recover`, { body: { since } })
    await call("POST /erase", { body: { uuid: "somebody else" } })
    await call("POST /endpoints", {
      body: { url: "https://example.com/Adalbert", headers: { authorization: SECRETS[0] } },
      headers: { "idempotency-key": "once" },
    })
    return { key, ids: [all.id, held.id, pull.id, rests.id] }
  }

  // All that may be left, and why. Nothing of it can be read through the API, and each of it goes in time.
  const STAYS: { [reason: string]: (item: Record<string, unknown>) => boolean } = {
    "what is on its way from a source must be known as a deleted one's": ({ sk, keys, name }) =>
      (sk as string).startsWith("SRC#") && (keys as []).length === 0 && name === "",
    "the tenant's own tombstone, for whoever repeats the deletion": ({ pk, name }) =>
      pk === "TENANTS" && name === "",
    "the operator's audit log says who deleted it": ({ pk }) => pk === "OPERATOR#A",
    "who has seen which version: versions and event ids, under a hash": (item) =>
      (item["pk"] as string).includes("#O#") &&
      Object.keys(item).every((name) =>
        ["pk", "sk", "accepted", "acceptedBy", "finalBy", "expiresAt"].includes(name),
      ),
    "that an event was replayed: ids": (item) =>
      (item["pk"] as string).includes("#R#") &&
      Object.keys(item).every((name) =>
        ["pk", "sk", "v", "endpointId", "expiresAt"].includes(name),
      ),
    "that the tenant's endpoints changed, by which caches are emptied: its id, gone in hours": (
      item,
    ) =>
      item["pk"] === "CHANGES" &&
      Object.keys(item).every((name) => ["pk", "sk", "expiresAt"].includes(name)),
    "an answer to an Idempotency-Key: sealed, and gone in a day": ({ pk, expiresAt }) =>
      (pk as string).includes("#I#") && (expiresAt as number) * 1000 - world.now() < 86_400_000,
  }

  async function left() {
    const items = await itemsOf(world, world.customer.tenant)
    const reasonFor = (item: Record<string, unknown>) =>
      Object.keys(STAYS).find((reason) => STAYS[reason]!(item))
    return { items, reasons: new Set(items.map(reasonFor)), reasonFor }
  }

  test("leaves no secret, no token, nobody's data and nothing that falls due", async () => {
    const { key, ids } = await furnish()
    // The key's own secret may hold underscores: what follows the last one may be a single letter.
    const keySecret = key.slice(-43)
    const before = (await itemsOf(world, world.customer.tenant)).map(wordsOf).join("")
    assert.match(before, /Adalbert/)
    assert.equal((await api.call(`DELETE ${own()}`)).status, 204)
    await settle()

    const { items, reasons, reasonFor } = await left()
    for (const item of items) {
      const words = wordsOf(item)
      assert.ok(reasonFor(item), `${words} is left`)
      assert.doesNotMatch(words, /Adalbert/)
      for (const secret of [...SECRETS, key, keySecret])
        assert.ok(!words.includes(secret), `a secret in ${words}`)
      assert.ok(!("dueShard" in item), `${words} falls due`)
    }
    // Each exception is one: it was there.
    assert.deepEqual(reasons, new Set(Object.keys(STAYS)))
    for (const id of ids) assert.deepEqual(await dueOf(id), [])

    // What comes late finds nobody, and leaves nothing.
    world.receiver.arrived.length = 0
    for (const headers of ada.events) await world.say(headers)
    await world.run()
    for (let minute = 0; minute < 5; minute++) {
      world.advance(60_000)
      await world.release()
    }
    assert.equal(world.receiver.arrived.length, 0)
    assert.equal((await left()).items.length, items.length)
    assert.equal(await ApiKey.verify(world.deps.table, key), undefined)
  })

  test("ends what a worker was doing meanwhile as well", async () => {
    const { id } = await world.addEndpoint({ eventTypes: ["dialing.created"] })
    let deleted: Promise<unknown> | undefined
    world.receiver.behave(async (_, response) => {
      deleted ??= api.call(`DELETE ${own()}`)
      await deleted
      // It has read the endpoint before that was deleted.
      await signIn(id)
      answer(response, 500, {}, "Adalbert is not known here")
    })
    await world.say(ada.events[2])
    await settle()
    const { items, reasonFor } = await left()
    for (const item of items) {
      assert.ok(reasonFor(item), `${wordsOf(item)} is left`)
      assert.doesNotMatch(wordsOf(item), /Adalbert|very-secret/)
    }
  })

  test("takes nothing of another tenant's", async () => {
    await world.addEndpoint({ eventTypes: ["*"] })
    for (const headers of ada.events) await world.say(headers)
    await settle()
    const first = world.customer
    const textOf = async () => (await itemsOf(world, first.tenant)).map(wordsOf).sort().join("\n")
    const before = await textOf()
    await world.begin()
    await api.call(`DELETE ${own()}`)
    await settle()
    assert.ok((await textOf()) === before, "nothing is changed")
  })
})

describe("deleting an endpoint", () => {
  test("leaves no token, nothing of its account, and no probe", async () => {
    const { table } = world.deps
    const { tenant } = world.customer
    const { id, path } = await resting()
    world.receiver.behave(byPath({ [path]: (_, response) => answer(response, 500) }, ok))
    await world.say(ada.events[2])
    await world.pump()
    await signIn(id)
    assert.ok((await dueOf(id)).length > 0)
    await call(`DELETE /endpoints/${id}`)
    await settle()
    for (const keyOf of [endpointKey, oauthTokenKey, connectorKey, healthKey])
      assert.equal(await getItem(table, keyOf(tenant, id)), undefined)
    assert.deepEqual(await dueOf(id), [])
    const [delivery] = await world.deliveries({ endpointId: id })
    assert.deepEqual(
      [delivery!.status, delivery!.reason],
      ["discarded", "the endpoint was deleted"],
    )
  })

  test("a breaker that was opened after it is looked at once more, not for ever", async () => {
    const { table } = world.deps
    const { tenant } = world.customer
    const { id } = await world.addEndpoint()
    await call(`DELETE /endpoints/${id}`)
    await settle()
    await BreakerState.open(table, tenant, id, world.now())
    await world.release()
    assert.deepEqual(await dueOf(id), [])
    assert.deepEqual(await Health.get(table, tenant, id), { failures: 0 })
    // One that lives is looked at again.
    const living = await world.addEndpoint()
    await BreakerState.open(table, tenant, living.id, world.now())
    await world.release()
    assert.equal((await dueOf(living.id)).length, 1)
  })

  test("what was planned for it is void", async () => {
    const { id, arrived } = await world.addEndpoint({ eventTypes: ["dialing.created"] })
    world.receiver.behave((_, response) => answer(response, 500))
    await world.say(ada.events[2])
    await world.pump()
    await call(`DELETE /endpoints/${id}`)
    await settle()
    await world.run()
    assert.equal(arrived().length, 1)
    const deliveries = await world.deliveries({ endpointId: id })
    assert.deepEqual(
      deliveries.map(({ status }) => status),
      ["discarded"],
    )
  })
})
