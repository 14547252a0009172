import assert from "node:assert/strict"
import { test } from "node:test"
import { orderedOf } from "@ringback/webhooks/order"
import { startRawReceiver, startSender } from "./receiver.ts"

const webhook = { type: "plan.updated", version: "v/1", data: { uuid: "u" } }
const subjectOf = (some: Partial<Parameters<typeof orderedOf>[0]>) =>
  orderedOf({ ...webhook, ...some })?.subject

// Tables hold these: what another release wrote would be forgotten under another name.
test("a subject is written as every release writes it", () => {
  assert.equal(subjectOf({}), `["record","u"]`)
  assert.equal(subjectOf({ type: "call.started" }), `["call","u"]`)
  assert.equal(subjectOf({ test: true }), `["record","u","test"]`)
  assert.equal(subjectOf({ type: "call.started", test: true }), `["call","u","test"]`)
  for (const type of ["dllist.updated", "queue.created"])
    assert.equal(subjectOf({ type }), undefined)
  for (const data of [{}, { uuid: null }, { uuid: 7 }]) assert.equal(subjectOf({ data }), undefined)
})

test("only what the PBX itself deleted is final", () => {
  const isFinal = (some: Partial<Parameters<typeof orderedOf>[0]>) =>
    orderedOf({ ...webhook, ...some })!.isFinal
  assert.equal(isFinal({ type: "plan.deleted" }), true)
  assert.equal(isFinal({ type: "plan.deleted", synthetic: true }), false)
  assert.equal(isFinal({}), false)
  assert.deepEqual(orderedOf(webhook), {
    subject: `["record","u"]`,
    version: "v/1",
    isFinal: false,
  })
})

test("what looks like a status line in the body of an answer that breaks off is none", async (t) => {
  const receiver = await startRawReceiver(t, (socket) => {
    const body = "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
    socket.end(`HTTP/1.1 500 Oops\r\ncontent-length: 1000\r\n\r\n${body}`)
  })
  const { post } = startSender(t)
  const { ok, statusCode } = await post(`${receiver.origin}/`)
  assert.deepEqual([ok, statusCode], [false, 500])
})
