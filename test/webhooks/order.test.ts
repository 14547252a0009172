import assert from "node:assert/strict"
import { test } from "node:test"
import { orderedOf } from "@ringback/webhooks/order"

const VERSION = "2026-11-22T06:27:40.281000000Z/1"
const of = (type: string, rest: object = {}) =>
  orderedOf({ type, version: VERSION, data: { uuid: "a" }, ...rest })

test("records and calls of one Uuid have orders of their own", () => {
  assert.equal(of("dialing.updated")!.subject, of("dialing.deleted")!.subject)
  assert.equal(of("call.started")!.subject, of("call.completed")!.subject)
  assert.notEqual(of("dialing.updated")!.subject, of("call.started")!.subject)
  const other = of("dialing.updated", { data: { uuid: "b" } })
  assert.notEqual(other!.subject, of("dialing.updated")!.subject)
})

test("a real delete is final, an inferred one and a call's end are not", () => {
  assert.equal(of("dialing.deleted")!.isFinal, true)
  assert.equal(of("dialing.deleted", { synthetic: true })!.isFinal, false)
  assert.equal(of("call.completed")!.isFinal, false)
  assert.equal(of("dialing.updated")!.isFinal, false)
})

test("rows, queues and what has no Uuid have no order", () => {
  for (const type of ["dllist.updated", "dllist.deleted", "queue.created"])
    assert.equal(of(type), undefined)
  for (const data of [{}, { uuid: null }, { uuid: 7 }])
    assert.equal(of("endpoint.disabled", { data }), undefined)
})

test("what a test says stands in no real event's way", () => {
  assert.notEqual(of("campaign.deleted", { test: true })!.subject, of("campaign.deleted")!.subject)
})
