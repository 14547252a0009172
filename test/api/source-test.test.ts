import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import { exampleHeaders } from "@ringback/events/documented-event-types"
import { translate } from "@ringback/events/translate"
import type { Webhook } from "../harness/receiver.ts"
import { eventMessage, sendToIngest } from "../harness/system.ts"
import { startWorld, type World } from "../harness/world.ts"
import { startApi, type TestApi } from "./api.ts"

let world: World
let api: TestApi
before(async () => {
  world = await startWorld()
  api = await startApi({ stack: world.stack })
})
after(() => world.close())
beforeEach(() => world.begin())

const send = (body: object) => {
  const { tenant, source } = world.customer
  return api.call(`POST /v1/tenants/${tenant}/sources/${source.source.id}/test`, { body })
}

/** What stands one second apart in the queue, until all has come. */
async function work(): Promise<void> {
  for (let second = 0; second < 15; second++) {
    await world.pump()
    world.advance(1000)
  }
}

const ALL = { eventTypes: ["*"] }
const ofKind = (all: Webhook[], kind: string) => all.filter(({ type }) => type.startsWith(kind))
const typesOf = (all: Webhook[]) => all.map(({ type }) => type)
type Data = Record<string, unknown>

for (const outcome of ["answered", "busy", "rejected", "no_answer", "congestion", "failed"]) {
  test(`a test call that ends ${outcome}: its events in their order, and what a CRM wants to know`, async () => {
    const { arrived } = await world.addEndpoint(ALL)
    const { status, body } = await send({ call: { outcome } })
    assert.equal(status, 202)
    await work()
    const all = arrived()
    const isAnswered = outcome === "answered"
    const said = all.filter(({ type }) => !type.startsWith("call."))
    assert.deepEqual(
      said.map(({ id }) => id),
      body.eventIds,
    )
    const updates = Array.from({ length: isAnswered ? 3 : 2 }, () => "dialing.updated")
    assert.deepEqual(typesOf(ofKind(all, "dialing.")), [
      "dialing.created",
      ...updates,
      "dialing.deleted",
    ])
    assert.deepEqual(typesOf(ofKind(all, "call.")), [
      "call.started",
      ...(isAnswered ? ["call.answered"] : []),
      "call.completed",
    ])
    const { data } = ofKind(all, "call.").at(-1)!
    const contact = data["contact"] as Data
    assert.deepEqual(
      [data["uuid"], data["outcome"], contact["key"], contact["email"]],
      [body.uuid, outcome, "10042", "ada@example.com"],
    )
    assert.deepEqual([data["ringSeconds"], data["talkSeconds"]], [8, isAnswered ? 30 : 0])
    assert.ok(all.every((webhook) => (webhook as unknown as Data)["test"] === true))
    assert.equal(ofKind(all, "dialing.").at(-1)!.data["outcome"], outcome)
    const versions = ofKind(all, "dialing.").map(({ version }) => version)
    assert.deepEqual(versions, versions.toSorted())
  })
}

test("the log says of a test's events that they are, and of others nothing", async () => {
  const { tenant } = world.customer
  await send({ eventType: "plan.created" })
  await world.say()
  await work()
  const { body } = await api.call(`GET /v1/tenants/${tenant}/events`)
  const marks = body.data.map(({ type, test }: Data) => [type, test])
  assert.deepEqual(marks.toSorted(), [
    ["campaign.updated", undefined],
    ["plan.created", true],
  ])
})

test("fields and the Uuid that are given, of one event and of a call", async () => {
  const { arrived } = await world.addEndpoint(ALL)
  const fields = { name: "autumn", status: "2" }
  const one = await send({ eventType: "campaign.updated", uuid: "c-1", fields })
  await work()
  const [first] = arrived()
  assert.equal(first!.id, one.body.eventId)
  const { uuid, name, status, statusName } = first!.data
  assert.deepEqual([uuid, name, status, statusName], ["c-1", "autumn", 2, "pause"])

  const ofCall = { dialAddr: "+4511111111", uKey: "77", campUuid: "c-1", "variables.team": "south" }
  const call = await send({ call: { outcome: "answered" }, uuid: "d-1", fields: ofCall })
  assert.equal(call.body.uuid, "d-1")
  await work()
  const { data } = ofKind(arrived(), "call.completed")[0]!
  assert.deepEqual(
    [data["uuid"], data["number"], (data["contact"] as Data)["key"], data["campaign"]],
    ["d-1", "+4511111111", "77", { uuid: "c-1", name: "autumn" }],
  )
  assert.deepEqual(data["variables"], { customer: "10042", team: "south" })
})

test("a test that bears a real call's Uuid takes nothing from that call", async () => {
  const { arrived } = await world.addEndpoint(ALL)
  const fresh = { now: Date.now(), makeUuid: () => "d-1" }
  const real = exampleHeaders("dialing.updated", fresh)!
  const { data } = translate(real, { receivedAt: Date.now() })!
  const tmUpdate = real.find(([name]) => name === "TmUpdate")![1]
  await send({ eventType: "dialing.updated", uuid: "d-1", fields: { tmUpdate } })
  await work()
  await send({ call: { outcome: "busy" }, uuid: "d-1" })
  await work()
  const tested = arrived().length
  await sendToIngest(world.stack, world.customer, eventMessage(world.customer, real))
  await work()
  const told = arrived().slice(tested)
  assert.deepEqual(typesOf(told).toSorted(), [
    "call.answered",
    "call.completed",
    "call.started",
    "dialing.updated",
  ])
  assert.ok(told.every((webhook) => !("test" in webhook)))
  assert.equal(ofKind(told, "call.completed")[0]!.data["outcome"], data["outcome"])
})

test("what cannot be sent is named, with what may have been meant", async () => {
  const manyFields = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`x${at}`, ""]))
  const refusals: [object, string, RegExp][] = [
    [{ eventType: "campaign.start" }, "/eventType", /campaign\.created, campaign\.updated, camp/],
    [{ eventType: "call.completed" }, "/eventType", /give `call` with an outcome/],
    [{ eventType: "source.gap" }, "/eventType", /not an event type that a PBX sends$/],
    [{ eventType: "plan.created", call: {} }, "/call", /combined with eventType/],
    [{ call: { outcome: "lost" } }, "/call/outcome", /answered/],
    [{ eventType: "plan.created", fields: { nmae: "x" } }, "/fields/nmae", /nearest: name/],
    [
      { eventType: "queue.created", fields: { "variables.x": "1" } },
      "/fields/variables.x",
      /not a field/,
    ],
    [{ call: {}, fields: { resDial: "4" } }, "/fields/resDial", /determined by the call's outcome/],
    [{ call: {}, fields: { uuid: "x" } }, "/fields/uuid", /as `uuid`/],
    [{ uuid: "" }, "/uuid", /at least 1 character$/],
    [{ uuid: "x".repeat(201) }, "/uuid", /^must have at most 200 characters$/],
    [{ fields: manyFields }, "/fields", /^must have at most 50 entries$/],
  ]
  for (const [body, path, message] of refusals) {
    const answer = await send(body)
    assert.equal(answer.status, 400, JSON.stringify(body))
    assert.deepEqual(
      answer.body.errors.map((error: Data) => error["path"]),
      [path],
    )
    assert.match(answer.body.errors[0].message, message)
  }
})

test("the event types say which of them a test can send", async () => {
  const { body } = await api.call("GET /v1/event-types?limit=250")
  for (const { type, testable } of body.data) {
    const answer = await send({ eventType: type })
    assert.equal(answer.status, testable ? 202 : 400, type)
  }
})
