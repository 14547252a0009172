import assert from "node:assert/strict"
import { test } from "node:test"
import * as ApiKey from "@ringback/store/api-key"
import { announceChange, listChanges } from "@ringback/store/changes"
import * as Endpoint from "@ringback/store/endpoint"
import { query } from "@ringback/store/item"
import { changesPartition } from "@ringback/store/item-keys"
import * as Source from "@ringback/store/source"
import * as Tenant from "@ringback/store/tenant"
import { makeClients } from "../harness/stack.ts"
import { makeEndpoint } from "../harness/system.ts"
import { START, useTable } from "./table.ts"

const SECOND = 1_000
const HOUR = 3600_000
const world = useTable()
let era = 0
/** A time of its own for each test: the announcements of all tenants lie together. */
const nextEra = () => (world.now = START + ++era * 24 * HOUR)

test("what changed since a time is listed with its tenant, that very time included", async () => {
  const start = nextEra()
  const other = (await Tenant.create(world.table, { name: "Other" })).id
  await announceChange(world.table, world.tenant)
  world.now += SECOND
  await announceChange(world.table, other)
  const mine = { tenant: world.tenant, at: start }
  const theirs = { tenant: other, at: start + SECOND }
  assert.deepEqual(await listChanges(world.table, start), [mine, theirs])
  assert.deepEqual(await listChanges(world.table, start + SECOND), [theirs])
  assert.deepEqual(await listChanges(world.table, start + SECOND + 1), [])
})

test("a tenant's changes of one second are one announcement at its end, one write for each process", async () => {
  const start = nextEra()
  const clients = [makeClients(world.stack), makeClients(world.stack)]
  let writes = 0
  for (const { dynamodb } of clients)
    dynamodb.middlewareStack.add(
      (next) => (args) => {
        writes++
        return next(args)
      },
      { step: "initialize" },
    )
  for (const at of [1, 2, 500, SECOND]) {
    world.now = start + at
    for (const { dynamodb } of clients)
      await announceChange({ ...world.table, client: dynamodb }, world.tenant)
  }
  assert.equal(writes, 2)
  const told = { tenant: world.tenant, at: start + SECOND }
  assert.deepEqual(await listChanges(world.table, start), [told])
  world.now = start + SECOND + 1
  await announceChange({ ...world.table, client: clients[0]!.dynamodb }, world.tenant)
  assert.deepEqual(await listChanges(world.table, start), [
    told,
    { ...told, at: start + 2 * SECOND },
  ])
  for (const { close } of clients) close()
})

test("an announcement is kept for longer than anybody caches, and then removed", async () => {
  const start = nextEra()
  await announceChange(world.table, world.tenant)
  const { items } = await query(world.table, {
    where: "pk = :pk AND sk > :since",
    values: { ":pk": changesPartition, ":since": String(start).padStart(14, "0") },
    limit: 10,
  })
  assert.deepEqual(
    items.map(({ expiresAt }) => expiresAt),
    [(start + 2 * HOUR) / 1000],
  )
})

test("more changes than fit one answer are all listed", async () => {
  const start = nextEra()
  const ats = Array.from({ length: 7 }, (_, index) => start + index * SECOND)
  for (const at of ats) {
    world.now = at
    await announceChange(world.table, world.tenant)
  }
  const clients = makeClients(world.stack)
  let requests = 0
  // As if no more than three fitted the megabyte of an answer.
  clients.dynamodb.middlewareStack.add(
    (next) => (args) => {
      requests++
      return next({ ...args, input: { ...args.input, Limit: 3 } as never })
    },
    { step: "initialize" },
  )
  const listed = await listChanges({ ...world.table, client: clients.dynamodb }, start)
  clients.close()
  assert.deepEqual(
    listed.map(({ at }) => at),
    ats,
  )
  assert.equal(requests, 3)
})

test("what workers keep is announced before it changes, and nothing else", async () => {
  const { table, tenant } = world
  const changes: [what: string, isKept: boolean, change: () => Promise<unknown>][] = []
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/")
  const { source } = await Source.create(table, tenant, { name: "PBX" })
  const { apiKey } = await ApiKey.create(table, tenant, { name: "crm", validUntil: null })
  const key = { name: "x", validUntil: null }
  changes.push(
    ["a new endpoint", true, () => makeEndpoint({ table }, tenant, "https://b.example/")],
    ["a changed one", true, () => Endpoint.update(table, tenant, endpoint.id, { rateLimit: 1 })],
    ["a removed one", true, () => Endpoint.remove(table, tenant, endpoint.id)],
    ["a new source", true, () => Source.create(table, tenant, { name: "other" })],
    ["a changed one", true, () => Source.update(table, tenant, source.id, { name: "x" })],
    ["a removed one", true, () => Source.remove(table, tenant, source.id)],
    ["a new key", false, () => ApiKey.create(table, tenant, key)],
    ["a removed key", false, () => ApiKey.remove(table, tenant, apiKey.id)],
    ["a tenant's name", false, () => Tenant.update(table, tenant, { name: "y" })],
  )
  for (const [what, isKept, change] of changes) {
    const at = nextEra()
    await change()
    const told = await listChanges(table, at)
    assert.deepEqual(
      new Set(told.map((each) => each.tenant)),
      new Set(isKept ? [tenant] : []),
      what,
    )
  }
})

test("what cannot be announced is not done", async () => {
  const { table, tenant } = world
  const { source } = await Source.create(table, tenant, { name: "PBX" })
  let isDown = false
  // The first write of a change is its announcement.
  table.client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (!isDown || commandName !== "UpdateItemCommand") return next(args)
        const { pk } = (args.input as { Key: { pk: { S: string } } }).Key
        if (pk.S !== changesPartition) return next(args)
        throw Object.assign(new Error("too much at once"), { name: "ThrottlingException" })
      },
    { step: "initialize", name: "down" },
  )
  isDown = true
  // What is announced already is announced no second time.
  world.now += SECOND
  const down = { name: "ThrottlingException" }
  await assert.rejects(Source.update(table, tenant, source.id, { name: "x" }), down)
  await assert.rejects(Source.remove(table, tenant, source.id), down)
  await assert.rejects(Source.create(table, tenant, { name: "y" }), down)
  isDown = false
  assert.deepEqual((await Source.page(table, tenant, { limit: 10 })).items, [source])
})
