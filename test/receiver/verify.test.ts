import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { eventTypes, findEventType } from "@ringback/events/documented-event-types"
import { makeSecret, publicKeyOf } from "@ringback/webhooks/secret"
import { signatureHeaders } from "@ringback/webhooks/sign"
import {
  isNewer,
  verify,
  WebhookVerificationError,
  type CallCompleted,
  type WebhookEvent,
} from "../../packages/receiver/src/receiver.ts"

const seconds = () => Math.floor(Date.now() / 1000)
const example = findEventType("call.completed")!.example as unknown as CallCompleted
const body = JSON.stringify({ ...example, data: { ...example.data, channel: "café ☎" } })

const hmacSecret = (fill: number) => `whsec_${Buffer.alloc(32, fill).toString("base64")}`
function keyPair() {
  const secret = makeSecret("ed25519")
  return { secret, publicKey: publicKeyOf(secret)! }
}
const [pair, otherPair] = [keyPair(), keyPair()]

const SIGNINGS = [
  { name: "hmac", signs: hmacSecret(1), verifies: hmacSecret(1), other: hmacSecret(2) },
  { name: "ed25519", signs: pair.secret, verifies: pair.publicKey, other: otherPair.publicKey },
]

const signed = (timestampSeconds = seconds()) => ({ id: example.id, timestampSeconds })
const sign = (secrets: string[], timestampSeconds = seconds()) => ({
  ...signatureHeaders({ ...signed(timestampSeconds), body, secrets }),
})
const isRefused = { name: "WebhookVerificationError" }

test("a signature or a public key that is no base64 is refused in words", async () => {
  const headers = sign([pair.secret])
  for (const signature of ["v1a,A", "v1a,####", "v1a,", "v1a"]) {
    const damaged = { ...headers, "webhook-signature": signature }
    await assert.rejects(verify(damaged, body, pair.publicKey), isRefused)
    const both = { ...headers, "webhook-signature": `${signature} ${headers["webhook-signature"]}` }
    assert.ok(await verify(both, body, pair.publicKey))
  }
  for (const key of ["whpk_A", "whpk_", "whpk_QUJD"]) {
    const message = "The public key is damaged: copy it from the endpoint"
    await assert.rejects(verify(headers, body, key), { name: "TypeError", message })
  }
})

for (const { name, signs, verifies, other } of SIGNINGS) {
  describe(`a webhook signed with ${name}`, () => {
    test("is read, whatever form its headers and body have", async () => {
      const headers = sign([signs])
      const upper = Object.fromEntries(
        Object.entries(headers).map(([key, value]) => [key.toUpperCase(), value]),
      )
      for (const form of [headers, new Headers(headers), upper]) {
        assert.deepEqual(await verify(form, body, verifies), JSON.parse(body))
        assert.deepEqual(await verify(form, Buffer.from(body), verifies), JSON.parse(body))
      }
    })

    test("is read while its secret is rotated", async () => {
      const next = name === "hmac" ? other : otherPair.secret
      const headers = sign([next, signs])
      for (const each of [verifies, other]) assert.ok(await verify(headers, body, each))
    })

    test("is refused with another secret, another body, or as another id", async () => {
      const headers = sign([signs])
      await assert.rejects(verify(headers, body, other), isRefused)
      await assert.rejects(verify(headers, `${body} `, verifies), isRefused)
      await assert.rejects(verify({ ...headers, "webhook-id": "evt_0" }, body, verifies), isRefused)
    })

    test("is refused when it is old, comes from the future, or says no time", async () => {
      for (const age of [-400, 400]) {
        await assert.rejects(verify(sign([signs], seconds() + age), body, verifies), isRefused)
      }
      for (const time of ["", "soon", "NaN"]) {
        const headers = { ...sign([signs]), "webhook-timestamp": time }
        await assert.rejects(verify(headers, body, verifies), isRefused)
      }
    })

    test("is refused without each of its three headers, and where one came twice", async () => {
      const headers = sign([signs])
      for (const key of Object.keys(headers) as (keyof typeof headers)[]) {
        await assert.rejects(verify({ ...headers, [key]: undefined }, body, verifies), isRefused)
        const twice = { ...headers, [key]: [headers[key], headers[key]] }
        await assert.rejects(verify(twice, body, verifies), isRefused)
      }
    })

    test("is refused where its signature is no Base64, or of another version", async () => {
      for (const signature of ["v1,", "v1a,", "v1,*", "v1a,*", "v9,AAAA", ",", "nonsense"]) {
        const headers = { ...sign([signs]), "webhook-signature": signature }
        await assert.rejects(verify(headers, body, verifies), isRefused)
      }
    })
  })
}

test("bytes that are no UTF-8 do not pass for the replacement character that was signed", async () => {
  const text = '{"name":"\ufffd"}'
  const headers = { ...signatureHeaders({ ...signed(), body: text, secrets: [hmacSecret(1)] }) }
  assert.ok(await verify(headers, Buffer.from(text), hmacSecret(1)))
  const bytes = Buffer.concat([Buffer.from('{"name":"'), Buffer.of(0xff), Buffer.from('"}')])
  await assert.rejects(verify(headers, bytes, hmacSecret(1)), isRefused)
})

test("what is no endpoint's secret is named as such", async () => {
  for (const secret of ["", "rbk_1", pair.secret]) {
    await assert.rejects(verify(sign([hmacSecret(1)]), body, secret), /must begin with whsec_/)
  }
  assert.equal(new WebhookVerificationError("x").name, "WebhookVerificationError")
})

const find = (type: string) => findEventType(type)!.example as unknown as WebhookEvent

test("of two events of one record the greater version is newer", () => {
  const [created, updated, deleted] = ["created", "updated", "deleted"].map((action) =>
    find(`dialing.${action}`),
  ) as [WebhookEvent, WebhookEvent, WebhookEvent]
  assert.ok(isNewer(updated, created))
  assert.ok(!isNewer(created, updated))
  assert.ok(!isNewer(updated, updated))
  // A dialing's last update and its delete bear one time.
  const last = { ...deleted, version: deleted.version.replace(/2$/, "1") } as WebhookEvent
  assert.ok(isNewer(deleted, last))
  assert.ok(isNewer(find("call.completed"), find("call.answered")))
})

test("events that have no order are not compared", () => {
  const call = find("call.completed")
  const sameUuid = { ...find("dialing.deleted"), data: { uuid: call.data["uuid"] } } as WebhookEvent
  assert.throws(() => isNewer(call, sameUuid), TypeError)
  assert.throws(() => isNewer(find("dialing.deleted"), find("campaign.deleted")), TypeError)
  assert.throws(() => isNewer(find("source.gap"), find("source.gap")), TypeError)
})

test("the type of an event says what its data is", () => {
  const outcomes = eventTypes.map(({ type }) => outcomeOf(find(type)))
  assert.deepEqual(new Set(outcomes), new Set([undefined, "answered"]))
})

// The compiler holds this one: only some types have an outcome.
function outcomeOf(event: WebhookEvent): string | null | undefined {
  if (event.type === "call.completed") return event.data.outcome
  if (event.type === "dialing.updated") return event.data.outcome
  // @ts-expect-error: a gap has no outcome
  if (event.type === "source.gap") return event.data.outcome
  return undefined
}
