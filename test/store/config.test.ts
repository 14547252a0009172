import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import * as ApiKey from "@ringback/store/api-key"
import * as Delivery from "@ringback/store/delivery"
import { readWhole } from "@ringback/store/delivery-list"
import * as Endpoint from "@ringback/store/endpoint"
import * as Idempotency from "@ringback/store/idempotency"
import { getItem } from "@ringback/store/item"
import { deliveryKey, deliveryRef, endpointKey } from "@ringback/store/item-keys"
import * as Heartbeat from "@ringback/store/heartbeat"
import * as Source from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import * as Tenant from "@ringback/store/tenant"
import { makeId } from "@ringback/events/ids"
import type { HeartbeatMessage } from "@ringback/events/message"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { makeDeps, makeEndpoint } from "../harness/system.ts"

const START = Date.parse("2026-11-22T06:00:00Z")
const DAY_MS = 24 * 3600 * 1000
let now = START
let stack: Stack
let table: Table
let tenant: string

before(async () => {
  stack = await startStack()
  table = makeDeps(stack, { now: () => now }).table
  tenant = (await Tenant.create(table, { name: "Acme" })).id
})
after(() => stack.close())

test("what is due a long way ahead is kept until then, and as long as anything else after it", async () => {
  const endpointId = makeId("ep", now)
  const ref = deliveryRef("evt_x", endpointId, now)
  const facts = { tenant, ref, endpointId, eventId: "evt_x", eventType: "plan.created" }
  const at = now + 90 * DAY_MS
  await Delivery.advance(table, facts, 0, { status: "pending", due: { at, nextAt: at } })
  const { expiresAt } = (await Delivery.get(table, tenant, ref))!
  assert.equal(expiresAt, Math.floor((at + table.retentionMs) / 1000))
})

test("deliveries are read each once, though the index shows one in two places", async () => {
  const endpointId = makeId("ep", now)
  const ref = deliveryRef("evt_y", endpointId, now)
  const facts = { tenant, ref, endpointId, eventId: "evt_y", eventType: "plan.created" }
  await Delivery.advance(table, facts, 0, { status: "held" })
  const key = deliveryKey(tenant, ref)
  assert.equal((await readWhole(table, [key, { ...key }])).length, 1)
})

test("a claim of an Idempotency-Key whose answer was lost is one's own", async () => {
  const clients = makeClients(stack)
  let isLost = false
  clients.dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args)
        if (commandName !== "PutItemCommand" || isLost) return answer
        isLost = true
        throw Object.assign(new Error("the answer is lost"), { name: "TimeoutError" })
      },
    { step: "deserialize", priority: "low" },
  )
  const asked = { scope: tenant, key: "lost", fingerprint: "f" }
  const claimed = await Idempotency.claim({ ...table, client: clients.dynamodb }, asked)
  assert.deepEqual([isLost, claimed.outcome], [true, "first"])
  assert.equal((await Idempotency.claim(table, asked)).outcome, "running")
  clients.sqs.destroy()
  clients.dynamodb.destroy()
})

test("a deleted thing stays as a tombstone, out of every list, longer than any queue keeps a message", async () => {
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/")
  const { source } = await Source.create(table, tenant, { name: "PBX" })
  assert.equal(await Endpoint.remove(table, tenant, endpoint.id), true)
  assert.equal(await Source.remove(table, tenant, source.id), true)
  assert.equal(await Endpoint.get(table, tenant, endpoint.id), undefined)
  assert.equal(await Source.get(table, tenant, source.id), undefined)
  assert.equal((await getItem(table, endpointKey(tenant, endpoint.id)))?.["deletedAt"], now)
  const known = await Source.getKnown(table, tenant, source.id)
  assert.deepEqual([known?.source.id, known?.isDeleted], [source.id, true])
  assert.deepEqual(await Endpoint.list(table, tenant), [])
  assert.deepEqual((await Source.page(table, tenant, { limit: 10 })).items, [])
  assert.equal(await Endpoint.remove(table, tenant, endpoint.id), false)
  assert.equal(await Endpoint.update(table, tenant, endpoint.id, { rateLimit: 1 }), undefined)
  assert.equal(await Endpoint.disable(table, endpoint, "gone", now), undefined)
})

test("of many who disable an endpoint one has done it", async () => {
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/")
  const results = await Promise.all(
    Array.from({ length: 10 }, () => Endpoint.disable(table, endpoint, "failing", now)),
  )
  assert.equal(results.filter(Boolean).length, 1)
  const read = await Endpoint.get(table, tenant, endpoint.id)
  assert.deepEqual([read?.disabled, read?.disabledReason], [true, "failing"])
})

test("a source's old keys verify until their overlap ends, and no longer than they would have", async () => {
  const made = await Source.create(table, tenant, { name: "PBX" })
  const rotate = async (overlapMs: number) => {
    const source = await Source.get(table, tenant, made.source.id, { consistent: true })
    return (await Source.rotate(table, source!, overlapMs))!
  }
  const second = await rotate(DAY_MS)
  const third = await rotate(14 * DAY_MS)
  const keyIds = async () => {
    const source = await Source.get(table, tenant, made.source.id, { consistent: true })
    return Source.keysOf(table, source!).map(({ keyId }) => keyId)
  }
  assert.deepEqual(await keyIds(), [third.key.keyId, second.key.keyId, made.key.keyId])
  now += DAY_MS
  assert.deepEqual(await keyIds(), [third.key.keyId, second.key.keyId])
  now += 13 * DAY_MS
  assert.deepEqual(await keyIds(), [third.key.keyId])
  assert.equal(await Source.rotate(table, second.source, DAY_MS), undefined)
})

test("an endpoint's old secrets sign until their overlap ends, and no longer than they would have", async () => {
  const { endpoint, secret: first } = await makeEndpoint({ table }, tenant, "https://a.example/")
  const read = async () => (await Endpoint.get(table, tenant, endpoint.id, { consistent: true }))!
  const open = async () => Endpoint.openSecrets(table, await read())
  const start = now
  await Endpoint.rotateSecret(table, await read(), "second", DAY_MS)
  await Endpoint.rotateSecret(table, await read(), "third", 14 * DAY_MS)
  assert.deepEqual(await open(), ["third", "second", first])
  now = start + DAY_MS - 1
  assert.deepEqual(await open(), ["third", "second", first])
  now += 1
  assert.deepEqual(await open(), ["third", "second"])
  // What has expired is not kept for ever.
  await Endpoint.rotateSecret(table, await read(), "fourth", 0)
  assert.deepEqual(await open(), ["fourth"])
  assert.equal((await read()).secrets.length, 1)
  assert.equal(await Endpoint.rotateSecret(table, endpoint, "fifth", DAY_MS), undefined)
})

test("a secret does not open in another's place", async () => {
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/")
  const { endpoint: other, secret } = await makeEndpoint({ table }, tenant, "https://a.example/")
  assert.deepEqual(Endpoint.openSecrets(table, other), [secret])
  assert.throws(() =>
    Endpoint.openSecrets(table, { ...endpoint, secrets: structuredClone(other.secrets) }),
  )
})

test("an API key verifies by its own secret alone", async () => {
  const { apiKey, text } = await ApiKey.create(table, tenant, { name: "crm", validUntil: null })
  assert.equal((await ApiKey.verify(table, text))?.id, apiKey.id)
  const other = await ApiKey.create(table, tenant, { name: "other", validUntil: null })
  const mixed = text.slice(0, -43) + other.text.slice(-43)
  for (const wrong of [mixed, text.toUpperCase(), ` ${text}`, `${text}A`, "rbk_", ""]) {
    assert.equal(await ApiKey.verify(table, wrong), undefined, wrong)
  }
})

test("what collectors say of themselves makes their source's status", async () => {
  const { source } = await Source.create(table, tenant, { name: "PBX" })
  const read = async () =>
    (await Source.getKnown(table, tenant, source.id, { consistent: true }))!.source
  const status = async () => Heartbeat.healthOf(await read(), now).status
  const beat = async (collector: string, rest: Partial<HeartbeatMessage> = {}) =>
    Heartbeat.record(table, await read(), {
      v: 1,
      kind: "heartbeat",
      id: "A".repeat(22),
      tenant,
      source: source.id,
      collector: collector.repeat(22),
      receivedAt: now,
      version: "0.1.0",
      connectedSince: null,
      spoolDepth: 0,
      spoolAgeSeconds: 0,
      ...rest,
    })
  assert.equal(await status(), "new")
  await beat("a", { spoolAgeSeconds: 40 })
  assert.equal(await status(), "disconnected")
  now += 30_000
  await beat("b", { connectedSince: now, spoolAgeSeconds: 3, version: "0.2.0" })
  assert.deepEqual(Heartbeat.healthOf(await read(), now), {
    status: "connected",
    lastSeenAt: now,
    version: "0.2.0",
    spoolAgeSeconds: 40,
  })
  // Queues bring an older one later.
  await beat("b", { receivedAt: now - 10_000, version: "0.0.1" })
  assert.equal(Heartbeat.healthOf(await read(), now).version, "0.2.0")
  now += Heartbeat.SILENT_AFTER_SECONDS * 1_000
  assert.equal(await status(), "silent")
  now += 8 * DAY_MS
  await beat("c")
  assert.deepEqual(Object.keys((await read()).collectors), ["c".repeat(22)])
  // A token's holder may make up as many as it likes: the item keeps the latest, and its size.
  for (const letter of "defghijklmnopqrstuvwxyz") await beat(letter, { receivedAt: ++now })
  assert.equal(Object.keys((await read()).collectors).length, 20)
  assert.ok(!("c".repeat(22) in (await read()).collectors))
  await beat("c", { receivedAt: now })
  await Source.remove(table, tenant, source.id)
  await beat("c", { receivedAt: now + 1 })
  assert.deepEqual((await read()).collectors, {})
})
