import assert from "node:assert/strict"
import { test } from "node:test"
import * as ApiKey from "@ringback/store/api-key"
import * as Audit from "@ringback/store/audit"
import * as Delivery from "@ringback/store/delivery"
import { deliveriesOfEvent, listDeliveries } from "@ringback/store/delivery-list"
import { factsOfEvent } from "@ringback/store/delivery-facts"
import * as Endpoint from "@ringback/store/endpoint"
import * as Event from "@ringback/store/event"
import { listEvents, type EventQuery } from "@ringback/store/event-list"
import { findById, findText, isFindableId } from "@ringback/store/find"
import { deliveryId } from "@ringback/store/item-keys"
import { noteReplay } from "@ringback/store/replay"
import * as Source from "@ringback/store/source"
import * as Tenant from "@ringback/store/tenant"
import { makeEndpoint } from "../harness/system.ts"
import { logOf } from "./log.ts"
import { DAY, RETENTION, START, useTable } from "./table.ts"

// What is looked for later: by id, by text, and by page.

const world = useTable()
const NANOS = 1_000_000n
const { makeEvent, makeDelivery, attemptOf } = logOf(world)

test("whatever has an id is found by it in the tenant that has it, and is named", async () => {
  const { table, tenant } = world
  const other = (await Tenant.create(table, { name: "Other" })).id
  const { source } = await Source.create(table, tenant, { name: "PBX north" })
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://crm.example/hook")
  const { apiKey } = await ApiKey.create(table, tenant, { name: "crm key", validUntil: null })
  const event = await makeEvent(START)
  const delivery = await makeDelivery(event)
  const things: [id: string, kind: string, name: string][] = [
    [tenant, "tenant", "Acme"],
    [source.id, "source", "PBX north"],
    [endpoint.id, "endpoint", "https://crm.example/hook"],
    [apiKey.id, "key", "crm key"],
    [Event.idOf(event), "event", "plan.updated"],
    [delivery, "delivery", "plan.updated"],
  ]
  for (const [id, kind, name] of things) {
    assert.equal(isFindableId(id), true)
    assert.deepEqual(await findById(table, [other, tenant], id), [{ kind, id, tenant, name }])
    if (kind !== "tenant") assert.deepEqual(await findById(table, [other], id), [])
  }
  assert.equal(isFindableId("crm"), false)
  assert.deepEqual(await findById(table, [tenant], "crm"), [])
  await Source.remove(table, tenant, source.id)
  assert.deepEqual(await findById(table, [tenant], source.id), [])
  world.now += RETENTION
  assert.deepEqual(await findById(table, [tenant], Event.idOf(event)), [])
})

test("sources and endpoints are found by a part of their name, URL or description", async () => {
  const { table, tenant } = world
  const { source } = await Source.create(table, tenant, { name: "PBX North" })
  const settings = { description: "For the North" }
  const url = "https://CRM.example/hook"
  const { endpoint } = await makeEndpoint({ table }, tenant, url, settings)
  await ApiKey.create(table, tenant, { name: "north", validUntil: null })
  const foundSource = { kind: "source", id: source.id, tenant, name: "PBX North" }
  const foundEndpoint = { kind: "endpoint", id: endpoint.id, tenant, name: endpoint.url }
  assert.deepEqual(await findText(table, tenant, "north"), [foundSource, foundEndpoint])
  assert.deepEqual(await findText(table, tenant, "pbx"), [foundSource])
  assert.deepEqual(await findText(table, tenant, "crm.ex"), [foundEndpoint])
  assert.deepEqual(await findText(table, tenant, "south"), [])
})

test("events are listed newest first, by each of what is asked for", async () => {
  const { table, tenant } = world
  const first = await makeEvent(START, { uuid: "a" })
  const second = await makeEvent(START + 1, { type: "plan.deleted", source: "src_b" })
  const third = await makeEvent(START + 2, { receivedAt: START + 50 })
  const ids = async (query: Partial<EventQuery>) =>
    (await listEvents(table, tenant, { limit: 10, ...query })).items.map(Event.idOf)
  const [one, two, three] = [first, second, third].map(Event.idOf)
  assert.deepEqual(await ids({}), [three, two, one])
  assert.deepEqual(await ids({ types: ["plan.deleted"] }), [two])
  assert.deepEqual(await ids({ source: "src_a" }), [three, one])
  assert.deepEqual(await ids({ uuid: "a" }), [one])
  assert.deepEqual(await ids({ uuid: "u", source: "src_a" }), [three])
  assert.deepEqual(await ids({ after: BigInt(START) * NANOS }), [three, two])
  assert.deepEqual(await ids({ before: BigInt(START + 2) * NANOS }), [two, one])
  const page = await listEvents(table, tenant, { limit: 2 })
  assert.deepEqual(await ids({ cursor: page.next }), [one])
  assert.deepEqual(await ids({ cursor: page.next, before: BigInt(START) * NANOS }), [])
  const early = { cursor: page.next, before: BigInt(START + 9) * NANOS }
  assert.deepEqual(await ids(early), [one])
  world.now += RETENTION
  assert.deepEqual(await ids({}), [])
})

test("events of rare types are listed by their index, with the same filters and pages", async () => {
  const { table, tenant } = world
  const gap = { type: "source.gap" }
  const old = await makeEvent(START, gap)
  await makeEvent(START + 1)
  const other = await makeEvent(START + 2, { ...gap, source: "src_b", uuid: "b" })
  const disabled = await makeEvent(START + 3, { type: "endpoint.disabled" })
  const young = await makeEvent(START + 4, gap)
  const ids = async (query: Partial<EventQuery>) =>
    (await listEvents(table, tenant, { limit: 10, ...query })).items.map(Event.idOf)
  const [first, second, third, fourth] = [old, other, disabled, young].map(Event.idOf)
  assert.deepEqual(await ids({ types: ["source.gap"] }), [fourth, second, first])
  assert.deepEqual(await ids({ types: ["source.gap", "endpoint.disabled"] }), [
    fourth,
    third,
    second,
    first,
  ])
  assert.deepEqual(await ids({ types: ["source.gap"], source: "src_b" }), [second])
  assert.deepEqual(await ids({ types: ["source.gap"], uuid: "b" }), [second])
  assert.deepEqual(await ids({ types: ["source.gap"], uuid: "none" }), [])
  const after = BigInt(START) * NANOS
  assert.deepEqual(await ids({ types: ["source.gap"], after }), [fourth, second])
  // With a type that is not rare, of the log.
  assert.equal((await ids({ types: ["source.gap", "plan.nothing"] })).length, 3)
  const page = await listEvents(table, tenant, { types: ["source.gap"], limit: 2 })
  assert.deepEqual(page.items.map(Event.idOf), [fourth, second])
  assert.deepEqual(await ids({ types: ["source.gap"], cursor: page.next }), [first])
  world.now += RETENTION
  assert.deepEqual(await ids({ types: ["source.gap"] }), [])
})

test("deliveries are listed by endpoint, status, type and time", async () => {
  const { table, tenant } = world
  const old = await makeEvent(START)
  const young = await makeEvent(START + 1, { type: "plan.deleted" })
  const a = await makeDelivery(old, "ep_1")
  const b = await makeDelivery(old, "ep_2", "failed")
  const c = await makeDelivery(young, "ep_1", "held")
  const ids = async (query: Partial<Parameters<typeof listDeliveries>[2]>) =>
    (await listDeliveries(table, tenant, { limit: 10, ...query })).items.map(Delivery.idOf)
  assert.deepEqual((await ids({})).toSorted(), [a, b, c].toSorted())
  assert.equal((await ids({}))[0], c)
  assert.deepEqual(await ids({ endpointId: "ep_1" }), [c, a])
  assert.deepEqual(await ids({ statuses: ["failed"] }), [b])
  assert.deepEqual((await ids({ statuses: ["failed", "held"] })).toSorted(), [b, c].toSorted())
  assert.deepEqual((await ids({ statuses: ["delivered", "held"] })).toSorted(), [a, c].toSorted())
  assert.deepEqual(await ids({ statuses: ["delivered"] }), [a])
  assert.deepEqual(await ids({ statuses: ["held"], endpointId: "ep_2" }), [])
  assert.deepEqual(await ids({ eventType: "plan.deleted" }), [c])
  assert.deepEqual(await ids({ after: START }), [c])
  assert.deepEqual((await ids({ before: START + 1 })).toSorted(), [a, b].toSorted())
  const page = await listDeliveries(table, tenant, { limit: 2 })
  assert.equal((await ids({ cursor: page.next })).length, 1)
  assert.deepEqual(await ids({ cursor: page.next, before: START }), [])
  world.now += RETENTION
  assert.deepEqual(await ids({}), [])
  assert.deepEqual(await ids({ statuses: ["failed"] }), [])
})

test("an event's deliveries are its replays and its first ones, each once, in pages of any size", async () => {
  const { table, tenant } = world
  const event = await makeEvent(START)
  const endpointIds = ["ep_1", "ep_2", "ep_3"]
  const made: string[] = []
  for (const endpointId of endpointIds) made.push(await makeDelivery(event, endpointId))
  for (let count = 1; count <= 2; count++) {
    const facts = factsOfEvent(tenant, event, "ep_1", { id: `r${count}`, at: START + count })
    await Delivery.advance(table, facts, 0, { status: "delivered", attempt: attemptOf() })
    await noteReplay(table, facts)
    made.push(deliveryId(facts.ref))
  }
  const place = { id: Event.idOf(event), receivedAt: START }
  for (const limit of [1, 2, 3, 4, 5, 6]) {
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const options = { limit, cursor }
      const page = await deliveriesOfEvent(table, tenant, place, endpointIds, options)
      assert.ok(page.items.length <= limit)
      const sorted = page.items.map(({ sk }) => sk)
      assert.deepEqual(sorted, sorted.toSorted().toReversed(), "newest first")
      seen.push(...page.items.map(Delivery.idOf))
      cursor = page.next
    } while (cursor !== undefined)
    assert.deepEqual(seen.toSorted(), made.toSorted(), `pages of ${limit}`)
  }
})

test("changes are listed newest first, of one target or of all, for 400 days", async () => {
  const { table, tenant } = world
  const note = async (target: string | null, changes: Record<string, unknown> = {}) => {
    world.now += 1
    await Audit.note(table, tenant, { actor: "operator", action: "updateX", target, changes })
  }
  await note("a", { limit: 1.5, "": null })
  await note("b")
  await note(null)
  await Audit.note(table, Audit.OPERATOR_SCOPE, {
    actor: "operator",
    action: "x",
    target: tenant,
    changes: {},
  })
  const list = async (query: Partial<Audit.AuditQuery> = {}) =>
    (await Audit.list(table, tenant, { limit: 10, ...query })).items
  const targets = async (query?: Partial<Audit.AuditQuery>) =>
    (await list(query)).map(({ target }) => target)
  assert.deepEqual(await targets(), [null, "b", "a"])
  const [entry] = await list({ target: "a" })
  const { id, ...rest } = entry!
  assert.match(id, /^aud_/)
  const said = { actor: "operator", action: "updateX", target: "a", at: START + 1 }
  assert.deepEqual(rest, { ...said, changes: { limit: 1.5, "": null } })
  assert.deepEqual(await targets({ after: START + 1 }), [null, "b"])
  assert.deepEqual(await targets({ before: START + 3 }), ["b", "a"])
  const page = await Audit.list(table, tenant, { limit: 2 })
  assert.deepEqual(await targets({ cursor: page.next }), ["a"])
  assert.deepEqual(await targets({ cursor: page.next, before: START + 1 }), [])
  world.now = START + 400 * DAY - 1000
  assert.equal((await targets()).length, 3)
  world.now += 1000
  assert.deepEqual(await targets(), [])
})

test("a removed endpoint is neither listed nor matched", async () => {
  const { table, tenant } = world
  const { endpoint } = await makeEndpoint({ table }, tenant, "https://a.example/")
  const { endpoint: kept } = await makeEndpoint({ table }, tenant, "https://b.example/")
  await Endpoint.remove(table, tenant, endpoint.id)
  const page = await Endpoint.page(table, tenant, { limit: 10 })
  assert.deepEqual(page, { items: [kept], next: undefined })
  assert.deepEqual(
    (await Endpoint.list(table, tenant)).map(({ id }) => id),
    [kept.id],
  )
})
