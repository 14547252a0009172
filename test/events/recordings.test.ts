import assert from "node:assert/strict"
import { test } from "node:test"
import * as v from "valibot"
import { findEventType } from "@ringback/events/documented-event-types"
import { makeId } from "@ringback/events/ids"
import { translate } from "@ringback/events/translate"
import { webhookBody, webhookOf } from "@ringback/events/webhook-body"
import { captureEvents, moduleEvents } from "./capture.ts"
import { naiveData, naiveTimestamp, naiveType } from "./naive.ts"

const RECORDINGS = `00-documented-examples 00-documented-examples-empty 13-timestampevents-yes
  14-timestampevents-and-manager-debug 20-plan 21-dlma 22-destination 23-campaign 25-dllist 26-queue 30-dialing
  41-two-sessions-a 41-two-sessions-b 50-eventmask-filter 51-odd-values`.split(/\s+/)

const RECEIVED_AT = Date.parse("2026-11-22T06:30:04.731Z")
const ids = { id: `evt_${"0".repeat(32)}`, tenant: makeId("ten", 1), source: makeId("src", 1) }

for (const recording of RECORDINGS) {
  test(`${recording}: each event reads as an independent reader reads it, and fits its schema`, () => {
    const events = moduleEvents(recording)
    assert.ok(events.length > 0)
    for (const event of events) {
      const translated = translate(event, { receivedAt: RECEIVED_AT })!
      assert.equal(translated.type, naiveType(event))
      assert.deepEqual(JSON.parse(JSON.stringify(translated.data)), naiveData(event))
      const stamp = event.find(([name]) => name === "Timestamp")?.[1]
      const micros = stamp?.split(".")[1]
      const observedAt = stamp
        ? `${new Date(Number(stamp.split(".")[0]) * 1000).toISOString().slice(0, 19)}.${micros}000Z`
        : "2026-11-22T06:30:04.731000000Z"
      assert.equal(translated.observedAt, observedAt)
      assert.equal(translated.timestamp, naiveTimestamp(event) ?? observedAt)
      assert.equal(translated.subject, event.find(([name]) => name === "Uuid")![1])
      const webhook = JSON.parse(webhookBody(ids, translated)) as { version: string }
      assert.deepEqual(webhookOf(ids, translated), webhook, "what a filter is asked about")
      const rank = { created: 0, updated: 1, deleted: 2 }[translated.type.split(".")[1]!]
      assert.equal(webhook.version, `${translated.timestamp}/${rank}`)
      v.parse(findEventType(translated.type)!.schema, webhook)
    }
  })
}

test("the recordings hold what they are said to hold", () => {
  assert.equal(moduleEvents("00-documented-examples").length, 15)
  assert.equal(moduleEvents("00-documented-examples-empty").length, 15)
  for (const session of ["41-two-sessions-a", "41-two-sessions-b"]) {
    assert.equal(moduleEvents(session).length, 844)
  }
})

test("events that only look like the dialler's are not taken for them", () => {
  const types = captureEvents("52-userevent").map((event) =>
    translate(event, { receivedAt: RECEIVED_AT })!,
  )
  assert.deepEqual(
    types.map(({ type, subject }) => [type, subject]),
    [
      ["ami.fullybooted", null],
      ["ami.successfulauth", null],
      ["ami.userevent", null],
      ["ami.userevent", null],
    ],
  )
  assert.deepEqual(types[2]!.data, {
    variables: {},
    userEvent: "MyEvent",
    actionID: "52-userevent-2",
    foo: ["bar", "baz"],
    empty: null,
    event: "Fake",
    uuid: "u-1",
  })
})
