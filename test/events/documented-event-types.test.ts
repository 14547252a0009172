import assert from "node:assert/strict"
import { randomBytes, randomUUID } from "node:crypto"
import { test } from "node:test"
import * as v from "valibot"
import { toJsonSchema } from "@valibot/to-json-schema"
import {
  eventTypes,
  exampleHeaders,
  findEventType,
  isKnownEventType,
} from "@ringback/events/documented-event-types"
import { fieldsOf } from "@ringback/events/field"
import type { HeaderPair } from "@ringback/events/header"
import { identify } from "@ringback/events/identity"
import type { EventMessage } from "@ringback/events/message"
import { translate } from "@ringback/events/translate"
import { webhookBody } from "@ringback/events/webhook-body"
import { captureEvents, moduleEvents } from "./capture.ts"

const OPERATIONAL = ["source.gap", "endpoint.disabled", "delivery.exhausted"]
const CALLS = ["call.started", "call.answered", "call.completed"]
const fromPbx = eventTypes.filter(({ type }) => ![...OPERATIONAL, ...CALLS].includes(type))
const NOW = Date.parse("2026-11-22T06:27:40.005Z")

test("the catalog has seven kinds, three actions, three moments of a call, and what Ringback itself says", () => {
  const kinds = ["campaign", "plan", "dlma", "destination", "dialing", "dllist", "queue"]
  const types = kinds.flatMap((kind) =>
    ["created", "updated", "deleted"].map((verb) => `${kind}.${verb}`),
  )
  assert.deepEqual(
    eventTypes.map(({ type }) => type),
    [...types, ...CALLS, ...OPERATIONAL],
  )
})

for (const { type, description, schema, example } of eventTypes) {
  test(`${type}: one sentence, an example that fits its schema, a schema that becomes JSON Schema`, () => {
    assert.match(description, /^[A-Z].*\.$/)
    assert.deepEqual(v.parse(schema, example), example)
    assert.equal(example["type"], type)
    const converted = toJsonSchema(schema as v.GenericSchema<object>)
    assert.deepEqual(Object.keys(converted.properties!).slice(0, 4), [
      "type",
      "timestamp",
      "version",
      "observedAt",
    ])
    assert.equal(v.is(schema, { ...example, type: "other.created" }), false)
    assert.equal(v.is(schema, { ...example, data: null }), false)
    const grown = { ...example, data: { ...(example["data"] as object), future: ["1", "2"] } }
    assert.deepEqual(v.parse(schema, grown), grown)
  })
}

test("types are known by name, and ami. names by their form", () => {
  assert.equal(findEventType("dialing.updated")!.type, "dialing.updated")
  for (const type of ["dialing.updated", "source.gap", "ami.hangup", "ami.a_1"])
    assert.ok(isKnownEventType(type))
  for (const type of [
    "",
    "dialing",
    "dialing.*",
    "*",
    "ami.",
    "ami.Hangup",
    "ami.*",
    "toString",
    "x.created",
  ]) {
    assert.equal(isKnownEventType(type), false, type)
    assert.equal(findEventType(type), undefined)
  }
})

for (const { type } of fromPbx) {
  test(`${type}: an example from the PBX is new each time, and reads as that type`, () => {
    const make = () => exampleHeaders(type, { now: NOW, makeUuid: randomUUID })!
    const headers = make()
    const translated = translate(headers, { receivedAt: NOW })!
    assert.equal(translated.type, type)
    assert.notEqual(identityOf(headers), identityOf(make()))
    const ids = {
      id: `evt_${"0".repeat(32)}`,
      tenant: `ten_${"0".repeat(26)}`,
      source: `src_${"0".repeat(26)}`,
    }
    v.parse(findEventType(type)!.schema, JSON.parse(webhookBody(ids, translated)))
    const { timestamp } = translated
    assert.equal(timestamp, "2026-11-22T06:27:40.005000000Z")
  })
}

test("examples have the headers of the real module, in its order", () => {
  const recordings = [
    "20-plan",
    "21-dlma",
    "22-destination",
    "23-campaign",
    "25-dllist",
    "26-queue",
    "30-dialing",
  ]
  const seen = new Map<string, string[]>()
  for (const event of recordings.flatMap(moduleEvents)) {
    const names = event.map(([name]) => name).filter((name, at, all) => all.indexOf(name) === at)
    seen.set(event[0]![1], names)
  }
  assert.equal(seen.size, fromPbx.length)
  for (const { type } of fromPbx) {
    const headers = exampleHeaders(type, { now: NOW, makeUuid: randomUUID })!
    assert.deepEqual(
      headers.map(([name]) => name),
      seen.get(headers[0]![1]),
      type,
    )
  }
})

test("every header of the documented examples is a known one", () => {
  for (const event of captureEvents("00-documented-examples")) {
    const kind = translate(event, { receivedAt: NOW })!.type.split(".")[0] as keyof typeof fieldsOf
    for (const [name] of event.slice(2)) assert.ok(fieldsOf[kind].has(name), `${kind} ${name}`)
  }
})

test("what no PBX says has no example from one", () => {
  for (const type of [
    ...OPERATIONAL,
    ...CALLS,
    "ami.hangup",
    "dialing",
    "dialing.",
    "x.created",
    "",
  ]) {
    assert.equal(exampleHeaders(type, { now: NOW, makeUuid: randomUUID }), undefined, type)
  }
})

function identityOf(headers: HeaderPair[]): string {
  const id = randomBytes(16).toString("base64url")
  const address = { id, tenant: "t", source: "s", collector: "c", receivedAt: NOW }
  const message: EventMessage = {
    v: 1,
    kind: "event",
    ...address,
    headers,
  }
  return identify(message).hash.toString("hex")
}
