import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { test } from "node:test"
import fc from "fast-check"
import { HASH_BYTES, makeEventId, makeId, parseEventId } from "@ringback/events/ids"
import { type EventMessage, openMessage, sealMessage, toAscii } from "@ringback/events/message"
import { captureEvents } from "./capture.ts"

const signingKey = { keyId: "0a1b2c3d", key: randomBytes(32) }

function eventMessage(headers: [string, string][]): EventMessage {
  return {
    v: 1,
    kind: "event",
    id: randomBytes(16).toString("base64url"),
    tenant: makeId("ten", 1),
    source: makeId("src", 1),
    collector: randomBytes(16).toString("base64url"),
    receivedAt: 1_795_329_003_920,
    headers,
  }
}

function opened(body: string) {
  const message = openMessage(body)
  assert.ok(message.ok, message.ok ? "" : message.reason)
  return message
}

test("property: any text comes back from a body of plain ASCII", () => {
  // Lone surrogates too: AMI knows nothing of Unicode, and SQS refuses much of it.
  const text = fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  })
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 1 }), (headers) => {
      const message = eventMessage(headers)
      const body = sealMessage(message, signingKey)
      assert.match(body, /^[\x20-\x7e]+$/)
      const { message: read, keyId, verify } = opened(body)
      assert.deepEqual(read, message)
      assert.equal(keyId, signingKey.keyId)
      assert.equal(verify(signingKey.key), true)
    }),
  )
})

test("an event's id can be made of the last receipt that is taken", () => {
  const receivedAt = 18_446_744_073_709
  const { message } = opened(
    sealMessage({ ...eventMessage([["Event", "OutQueueUpdate"]]), receivedAt }, signingKey),
  )
  const id = makeEventId(BigInt(message.receivedAt) * 1_000_000n, Buffer.alloc(HASH_BYTES))
  assert.equal(parseEventId(id)?.timeNanos, BigInt(receivedAt) * 1_000_000n)
})

test("the oddest recorded values come back", () => {
  for (const headers of captureEvents("51-odd-values")) {
    const { message } = opened(sealMessage(eventMessage(headers), signingKey))
    assert.deepEqual((message as EventMessage).headers, headers)
  }
})

test("escaping changes nothing that JSON says", () => {
  const text = JSON.stringify(["\u0001\u001b\u007f", "\ufffe", "😀", "\ud800", "æ", "\\u0041", '"'])
  assert.deepEqual(JSON.parse(toAscii(text)), JSON.parse(text))
})

test("another key, another byte: not believed", () => {
  const body = sealMessage(eventMessage([["Event", "OutPlanCreate"]]), signingKey)
  assert.equal(opened(body).verify(randomBytes(32)), false)
  assert.equal(opened(body.replace("OutPlan", "OutDlma")).verify(signingKey.key), false)
  assert.equal(opened(body.replace(/\.[^.]+\./, ".AAAA.")).verify(signingKey.key), false)
})

test("what has not the shape of a message is refused with a short reason", () => {
  const message = eventMessage([["Event", "X"]])
  const withChange = (change: object) => `a.b.${JSON.stringify({ ...message, ...change })}`
  const refused: [body: string, reason: RegExp][] = [
    ["", /keyId/],
    ["a", /keyId/],
    ["..{}", /keyId/],
    ["a.b", /not JSON/],
    ["a.b.{", /not JSON/],
    ["a.b.null", /./],
    ["a.b.[]", /./],
    [withChange({ v: 3 }), /^v: /],
    [withChange({ kind: "other" }), /^kind: /],
    [withChange({ kind: "x".repeat(100_000) }), /^kind: /],
    [withChange({ id: "short" }), /^id: /],
    [withChange({ tenant: "ten_" }), /^tenant: /],
    [withChange({ headers: [] }), /^headers: /],
    [withChange({ headers: [["Event"]] }), /^headers\.0\.1: /],
    [withChange({ receivedAt: -1 }), /^receivedAt: /],
    [withChange({ receivedAt: 1.5 }), /^receivedAt: /],
    // No id could be made of it, and the message would be tried again and again.
    [withChange({ receivedAt: 18_446_744_073_710 }), /^receivedAt: /],
    [withChange({ synthetic: { reason: "x", gap: "g".repeat(201) } }), /^synthetic\.gap: /],
  ]
  for (const [body, reason] of refused) {
    const result = openMessage(body)
    assert.ok(!result.ok, body.slice(0, 100))
    assert.match(result.reason, reason)
    assert.ok(result.reason.length <= 200)
  }
})

test("a number that could not be kept is refused, whichever message it is in", () => {
  const { headers: _, ...address } = eventMessage([])
  const heartbeat = {
    ...address,
    kind: "heartbeat",
    version: "1",
    connectedSince: null,
    spoolDepth: 3,
    spoolAgeSeconds: 0.25,
  }
  const gap = { id: "g", from: 1, to: 2, reason: "restarted", inferred: { "plan.created": 2 } }
  const report = { ...address, kind: "gap", gap }
  const bodyOf = (value: object) => `a.b.${JSON.stringify(value)}`
  assert.ok(openMessage(bodyOf(heartbeat)).ok)
  assert.ok(openMessage(bodyOf(report)).ok)
  const refused: [value: object, path: string][] = [1e308, 2 ** 53, -1, 0.5].flatMap((count) => [
    [{ ...heartbeat, spoolDepth: count }, "spoolDepth"],
    [
      { ...report, gap: { ...gap, inferred: { "plan.created": count } } },
      "gap.inferred.plan.created",
    ],
  ])
  for (const seconds of [1e308, -1, 1e-300])
    refused.push([{ ...heartbeat, spoolAgeSeconds: seconds }, "spoolAgeSeconds"])
  for (const ms of [1e308, -1, 0.5]) {
    refused.push([{ ...heartbeat, connectedSince: ms }, "connectedSince"])
    refused.push([{ ...heartbeat, readBefore: [0, ms] }, "readBefore.1"])
    refused.push([{ ...report, gap: { ...gap, to: ms } }, "gap.to"])
  }
  for (const [value, path] of refused) {
    const result = openMessage(bodyOf(value))
    assert.ok(!result.ok, JSON.stringify(value))
    assert.ok(result.reason.startsWith(`${path}: `), result.reason)
  }
})

test("property: no body whatever breaks the reading", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.json(), (text, json) => {
      assert.equal(openMessage(text).ok, false)
      assert.equal(openMessage(`a.b.${json}`).ok, false)
    }),
  )
})
