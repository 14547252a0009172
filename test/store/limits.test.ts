import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { DeleteItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb"
import { marshall } from "@aws-sdk/util-dynamodb"
import { makeId } from "@ringback/events/ids"
import * as ApiKey from "@ringback/store/api-key"
import * as Endpoint from "@ringback/store/endpoint"
import { getItem } from "@ringback/store/item"
import { endpointKey, quotaKey } from "@ringback/store/item-keys"
import * as Lease from "@ringback/store/lease"
import { CreationRefused } from "@ringback/store/owned"
import { release, reserve } from "@ringback/store/quota"
import * as Source from "@ringback/store/source"
import type { Table } from "@ringback/store/table"
import * as Tenant from "@ringback/store/tenant"
import { letReadsMiss } from "../harness/lagging.ts"
import { makeClients, startStack, type Stack } from "../harness/stack.ts"
import { makeDeps, makeEndpoint } from "../harness/system.ts"

const MINUTE = 60_000
let now = Date.parse("2026-11-22T06:00:00Z")
let stack: Stack
let table: Table
before(async () => {
  stack = await startStack()
  table = makeDeps(stack, { now: () => now }).table
})
after(() => stack.close())

const makeTenant = async () => (await Tenant.create(table, { name: "Acme" })).id
const makeKey = (tenant: string, limit: number) =>
  ApiKey.create(table, tenant, { name: "x", validUntil: null }, { limit })
const countKeys = async (tenant: string) =>
  (await ApiKey.page(table, tenant, { limit: 250 })).items.length
const refused = (error: unknown) => error instanceof CreationRefused && error.reason === "limit"

test("of many who create at once, on several instances, as many succeed as there is room", async () => {
  const tenant = await makeTenant()
  const instances = [makeClients(stack), makeClients(stack), makeClients(stack)]
  const results = await Promise.allSettled(
    Array.from({ length: 30 }, (_, index) => {
      const client = instances[index % instances.length]!.dynamodb
      const settings = { name: "x", validUntil: null }
      return ApiKey.create({ ...table, client }, tenant, settings, { limit: 7 })
    }),
  )
  for (const { close } of instances) close()
  assert.equal(results.filter(({ status }) => status === "fulfilled").length, 7)
  for (const each of results) assert.ok(each.status === "fulfilled" || refused(each.reason))
  assert.equal(await countKeys(tenant), 7)
})

test("what is deleted makes room, of every kind, and once however often it is deleted", async () => {
  const tenant = await makeTenant()
  const kinds = [
    {
      room: ApiKey,
      make: async () => (await makeKey(tenant, 2)).apiKey.id,
    },
    {
      room: Source,
      make: async () => (await Source.create(table, tenant, { name: "x" }, { limit: 2 })).source.id,
    },
    {
      room: Endpoint,
      make: async () => {
        const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/", {
          limit: 2,
        })
        return endpoint.id
      },
    },
  ]
  for (const { room, make } of kinds) {
    const [first] = [await make(), await make()]
    await assert.rejects(make(), refused)
    for (let count = 0; count < 3; count++) await room.remove(table, tenant, first)
    await make()
    await assert.rejects(make(), refused)
  }
})

test("what is created in a tenant that is deleted meanwhile is removed again, and its place is free", async () => {
  const tenant = await makeTenant()
  await Tenant.remove(table, tenant)
  const kinds = [
    { kind: "KEY", room: ApiKey, make: () => makeKey(tenant, 1) },
    {
      kind: "SRC",
      room: Source,
      make: () => Source.create(table, tenant, { name: "x" }, { limit: 1 }),
    },
    {
      kind: "EP",
      room: Endpoint,
      make: () => makeEndpoint({ table }, tenant, "https://a.example/", { limit: 1 }),
    },
  ]
  for (const { kind, room, make } of kinds) {
    // A place that was kept would make the second one say that there is no room.
    for (let count = 0; count < 2; count++) {
      const gone = { name: "CreationRefused", reason: "gone", kind }
      await assert.rejects(make, (error: object) => {
        const { name, reason, kind: its } = error as CreationRefused
        assert.deepEqual({ name, reason, kind: its }, gone)
        return true
      })
    }
    const { items } = await room.page(table, tenant, { limit: 10 })
    assert.deepEqual(items, [], kind)
  }
})

test("what was there before there was a limit stays, and counts", async () => {
  const tenant = await makeTenant()
  for (let count = 0; count < 5; count++) await makeKey(tenant, Infinity)
  // As a table that no version with limits has written to.
  const Key = marshall(quotaKey(tenant, "KEY"))
  await stack.dynamodb.send(new DeleteItemCommand({ TableName: stack.tableName, Key }))
  await assert.rejects(makeKey(tenant, 3), refused)
  const { items } = await ApiKey.page(table, tenant, { limit: 250 })
  assert.equal(items.length, 5)
  for (const { id } of items.slice(0, 3)) await ApiKey.remove(table, tenant, id)
  await makeKey(tenant, 3)
  await assert.rejects(makeKey(tenant, 3), refused)
})

test("the place of a creation that died is free again after a while, and not before", async () => {
  const tenant = await makeTenant()
  const place = { tenant, kind: "KEY" as const, id: makeId("key", now) }
  assert.equal(await reserve(table, place, 1), true)
  await assert.rejects(makeKey(tenant, 1), refused)
  now += 9 * MINUTE
  await assert.rejects(makeKey(tenant, 1), refused)
  now += 2 * MINUTE
  await makeKey(tenant, 1)
  await assert.rejects(makeKey(tenant, 1), refused)
  now += 60 * MINUTE
  await assert.rejects(makeKey(tenant, 1), refused)
})

test("a place that was taken a moment ago is taken once, if its answer was lost", async () => {
  const place = { tenant: await makeTenant(), kind: "KEY" as const, id: makeId("key", now) }
  const clients = makeClients(stack)
  letReadsMiss(clients.dynamodb)
  const late = { ...table, client: clients.dynamodb }
  assert.equal(await reserve(late, place, 1), true)
  assert.equal(await reserve(late, place, 1), true)
  assert.equal(await reserve(late, { ...place, id: makeId("key", now) }, 1), false)
  clients.close()
})

test("whoever asks in vain again and again reads what the tenant has once a minute", async () => {
  const tenant = await makeTenant()
  await makeKey(tenant, 1)
  const clients = makeClients(stack)
  let queries = 0
  clients.dynamodb.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === "QueryCommand") queries++
        return next(args)
      },
    { step: "initialize" },
  )
  const asked = { ...table, client: clients.dynamodb }
  const place = () => ({ tenant, kind: "KEY" as const, id: makeId("key", now) })
  for (let count = 0; count < 5; count++) assert.equal(await reserve(asked, place(), 1), false)
  assert.equal(queries, 1)
  now += 2 * MINUTE
  assert.equal(await reserve(asked, place(), 1), false)
  assert.equal(queries, 2)
  clients.close()
})

test("a reservation whose answer was lost is one's own; giving back what is not there changes nothing", async () => {
  const tenant = await makeTenant()
  const place = { tenant, kind: "EP" as const, id: makeId("ep", now) }
  await release(table, place)
  for (let count = 0; count < 2; count++) assert.equal(await reserve(table, place, 1), true)
})

test("a deleted endpoint keeps no text and no secret", async () => {
  const tenant = await makeTenant()
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/hook", {
    headers: { authorization: "Bearer x" },
    metadata: { team: "x".repeat(1000) },
    filter: { "data.status": [1] },
  })
  await Endpoint.remove(table, tenant, endpoint.id)
  assert.equal(await Endpoint.get(table, tenant, endpoint.id), undefined)
  const left = (await getItem(table, endpointKey(tenant, endpoint.id)))!
  assert.equal(left["deletedAt"], now)
  const { url, headers, metadata, filter, secrets } = left
  assert.deepEqual([url, metadata, filter, secrets], ["", "{}", null, []])
  assert.equal(table.sealer.open(headers as string, `${tenant}#${endpoint.id}`), "{}")
  assert.equal(await Endpoint.purge(table, tenant, endpoint.id), true)
  assert.equal(await getItem(table, endpointKey(tenant, endpoint.id)), undefined)
  const { endpoint: alive } = await makeEndpoint({ table }, tenant, "https://a.example/hook")
  assert.equal(await Endpoint.purge(table, tenant, alive.id), false)
})

test("matching reads nothing of an endpoint but what it needs", async () => {
  const tenant = await makeTenant()
  const settings = { eventTypes: ["plan.*"], filter: { "data.status": [1] } }
  const rest = { sources: null, connector: null, pull: false }
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/", settings)
  assert.deepEqual(await Endpoint.list(table, tenant), [
    { id: endpoint.id, ...settings, ...rest, disabled: false, createdAt: now },
  ])
  // What cannot be opened, such as headers of another key, cannot be in the way either.
  const id = makeId("ep", now)
  const broken = { pk: tenant, sk: `EP#${id}`, id, eventTypes: null, sources: null }
  const Item = marshall({ ...broken, filter: null, disabled: false, createdAt: now })
  await stack.dynamodb.send(new PutItemCommand({ TableName: stack.tableName, Item }))
  assert.equal((await Endpoint.list(table, tenant)).length, 2)
})

test("a lease is had by one, is full after so many, and ends by itself", async () => {
  const tenant = await makeTenant()
  const lease = (name: string, owner: string) => ({ tenant, kind: "TEST", name, owner })
  const limits = { limit: 2, leaseMs: MINUTE }
  const taken = await Promise.all(
    Array.from({ length: 8 }, (_, index) => Lease.take(table, lease("a", `${index}`), limits)),
  )
  assert.equal(taken.filter(({ outcome }) => outcome === "taken").length, 1)
  const winner = String(taken.findIndex(({ outcome }) => outcome === "taken"))
  assert.deepEqual(await Lease.take(table, lease("a", "other"), limits), {
    outcome: "busy",
    owner: winner,
  })
  const outcome = async (name: string, owner = "x") =>
    (await Lease.take(table, lease(name, owner), limits)).outcome
  assert.deepEqual([await outcome("b"), await outcome("c")], ["taken", "full"])
  await Lease.release(table, lease("a", "not-the-owner"))
  assert.equal(await outcome("c"), "full")
  await Lease.release(table, lease("a", winner))
  assert.equal(await outcome("c"), "taken")
  now += MINUTE - 1
  assert.equal(await outcome("d"), "full")
  await Lease.renew(table, lease("c", "x"), MINUTE)
  now += 1
  assert.deepEqual([await outcome("d"), await outcome("c", "y")], ["taken", "busy"])
})
