import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { sealMessage } from "@ringback/events/message"
import { makeSourceKey } from "@ringback/events/token"
import * as Endpoint from "@ringback/store/endpoint"
import * as Source from "@ringback/store/source"
import { eventMessage, makeCustomer, sendToIngest } from "../harness/system.ts"
import { campaignUpdate } from "../harness/world.ts"
import { world, rejected, record, invoke } from "./ingest-set-up.ts"

describe("identity", () => {
  const uuid = "a3e3cc0e-083e-4b9e-8120-522eb9834098"
  const stamp = "2026-11-22T11:00:00.000000001Z"
  const deleted = "2026-11-22T11:00:00.000000002Z"
  const event = (name: string, rest: [string, string][]): [string, string][] => [
    ["Event", name],
    ["Uuid", uuid],
    ...rest,
  ]

  test("an update and a delete with the same Uuid and TmUpdate both arrive", async () => {
    const { arrived } = await world.addEndpoint()
    await world.say(event("OutPlanUpdate", [["TmUpdate", stamp]]))
    await world.say(
      event("OutPlanDelete", [
        ["TmUpdate", stamp],
        ["TmDelete", deleted],
      ]),
    )
    await world.pump()
    assert.deepEqual(
      arrived()
        .map(({ type }) => type)
        .sort(),
      ["plan.deleted", "plan.updated"],
    )
  })

  test("a create and a delete without any TmUpdate both arrive", async () => {
    const { arrived } = await world.addEndpoint()
    await world.say(event("OutDlmaCreate", [["TmCreate", stamp]]))
    await world.say(event("OutDlmaDelete", []))
    await world.pump()
    assert.deepEqual(
      arrived()
        .map(({ type }) => type)
        .sort(),
      ["dlma.created", "dlma.deleted"],
    )
  })

  test("the same event from two collectors arrives once, with a time of its own or without", async () => {
    const { arrived } = await world.addEndpoint()
    for (const headers of [campaignUpdate(), event("OutCampaignDelete", [])]) {
      for (const collector of ["A", "B"]) {
        const message = eventMessage(world.customer, headers, { collector: collector.repeat(22) })
        await sendToIngest(world.stack, world.customer, message)
      }
    }
    await world.pump()
    assert.equal(arrived().length, 2)
  })
})

describe("a crash between the claim and the fan-out", () => {
  test("loses nothing: the same message goes on where it was, for the endpoints of that time", async () => {
    const { arrived } = await world.addEndpoint()
    const { customer, deps } = world
    const body = sealMessage(eventMessage(customer, campaignUpdate()), customer.source.key)
    const broken = {
      ...deps,
      queues: { ...deps.queues, deliveryUrl: `${deps.queues.deliveryUrl}-gone` },
    }
    const first = await invoke(broken, [record(body)])
    assert.deepEqual(first, { batchItemFailures: [{ itemIdentifier: "m" }] })
    world.advance(1000)
    const younger = await world.addEndpoint()

    // The twin's copy comes meanwhile, and is a duplicate: the first one is still in its queue.
    const twin = eventMessage(customer, JSON.parse(body.slice(body.indexOf("{"))).headers)
    assert.deepEqual(await invoke(deps, [record(sealMessage(twin, customer.source.key))]), {
      batchItemFailures: [],
    })
    await world.pump()
    assert.equal(arrived().length, 0)

    assert.deepEqual(await invoke(deps, [record(body, "m", 2)]), { batchItemFailures: [] })
    await world.pump()
    assert.equal(arrived().length, 1)
    assert.equal(younger.arrived().length, 0)
  })
})

describe("an event that cannot be fanned out", () => {
  test("comes again, and holds up nobody else's in its batch", async () => {
    const { arrived } = await world.addEndpoint()
    const { customer, deps } = world
    const other = await makeCustomer(deps)
    const endpoints: typeof deps.endpoints = {
      ...deps.endpoints,
      get: (tenant, load) =>
        tenant === other.tenant
          ? Promise.reject(new Error("its endpoints cannot be read"))
          : deps.endpoints.get(tenant, load),
    }
    const bad = sealMessage(eventMessage(other, campaignUpdate()), other.source.key)
    const good = sealMessage(eventMessage(customer, campaignUpdate()), customer.source.key)
    const answered = await invoke({ ...deps, endpoints }, [record(bad, "a"), record(good, "b")])
    assert.deepEqual(answered, { batchItemFailures: [{ itemIdentifier: "a" }] })
    await world.pump()
    assert.equal(arrived().length, 1)
  })
})

describe("a message that is not to be believed", () => {
  test("goes to the rejected queue with the reason, and blocks nothing", async () => {
    const { arrived } = await world.addEndpoint()
    const { customer } = world
    const good = sealMessage(eventMessage(customer, campaignUpdate()), customer.source.key)
    const forged = sealMessage(eventMessage(customer, campaignUpdate()), {
      ...makeSourceKey(),
      keyId: customer.source.key.keyId,
    })
    const answered = await invoke(world.deps, [
      record("hello", "a"),
      record(forged, "b"),
      record(good.replace("campaign", "campaigm").replace('"test"', '"text"'), "c"),
      record(good, "d"),
      record(`k.m.{"v":1,"kind":"event"}`, "e"),
    ])
    assert.deepEqual(answered, { batchItemFailures: [] })
    await world.pump()
    assert.equal(arrived().length, 1)
    const reasons = await rejected()
    assert.equal(reasons.length, 4)
    assert.ok(reasons.some((reason) => reason?.includes("not signed with a valid key")))
  })

  test("a source's key that was rotated verifies for a while more", async () => {
    const { arrived } = await world.addEndpoint()
    const { table } = world.deps
    const source = (await Source.get(
      table,
      world.customer.tenant,
      world.customer.source.source.id,
    ))!
    await Source.rotate(table, source, 60_000)
    await world.say()
    await world.pump()
    assert.equal(arrived().length, 1)
    world.advance(61_000)
    await world.say()
    await world.pump()
    assert.equal(arrived().length, 1)
    assert.equal((await rejected()).length, 1)
  })

  test("what comes from a deleted source is discarded, not rejected", async () => {
    const { arrived } = await world.addEndpoint()
    await Source.remove(world.deps.table, world.customer.tenant, world.customer.source.source.id)
    await world.say()
    await world.pump()
    assert.equal(arrived().length, 0)
    assert.deepEqual(await rejected(), [])
    // Its keys are gone with it.
    const { tenant, source } = world.customer
    const known = await Source.getKnown(world.deps.table, tenant, source.source.id)
    assert.deepEqual([known!.source.keys, known!.source.name], [[], ""])
  })
})

describe("an endpoint that was disabled a moment ago", () => {
  test("gets nothing, but each event is held for it and listed", async () => {
    const { id, arrived } = await world.addEndpoint()
    await Endpoint.update(world.deps.table, world.customer.tenant, id, { disabled: true })
    await world.say()
    await world.pump()
    assert.equal(arrived().length, 0)
    const [delivery] = await world.deliveries({ endpointId: id })
    assert.deepEqual(
      [delivery!.status, delivery!.reason],
      ["held", "the endpoint is disabled (manual)"],
    )
  })
})
