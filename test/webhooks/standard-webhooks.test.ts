import { RETRY_DELAYS_MS } from "@ringback/webhooks/retry-schedule"
import { makeSecret, publicKeyOf, secretProblem } from "@ringback/webhooks/secret"
import { signatureHeaders } from "@ringback/webhooks/sign"
import { checkUrl } from "@ringback/webhooks/url"
import assert from "node:assert/strict"
import { createHmac, createPublicKey, verify } from "node:crypto"
import { test, type TestContext } from "node:test"
import { Webhook } from "standardwebhooks"
import { startRawReceiver, startReceiver, startSender } from "./receiver.ts"

// The checklist of Standard Webhooks 1.0.0 as far as it concerns the sender, item by item, over a real connection. What
// takes the whole flow (disabling, notices, replay) has its tests in test/functions.

const id = "evt_0123456789"
const body = JSON.stringify({
  type: "campaign.updated",
  timestamp: "2016-10-24T00:01:29Z",
  data: {},
})
const nowSeconds = () => Math.floor(Date.now() / 1_000)

/** What a receiver gets of one webhook that is signed with these secrets. */
async function receive(t: TestContext, ...secrets: string[]) {
  const receiver = await startReceiver(t)
  const headers = signatureHeaders({ id, timestampSeconds: nowSeconds(), body, secrets })
  assert.ok((await startSender(t).post(receiver.origin, { headers, body })).ok)
  const [request] = receiver.requests
  const header = (name: string) => String(request?.headers[name])
  return {
    text: request!.body,
    all: request!.headers as Record<string, string>,
    signed: `${header("webhook-id")}.${header("webhook-timestamp")}.${request!.body}`,
    signatures: header("webhook-signature").split(" "),
    header,
  }
}

/** How an endpoint's answer ends an attempt. */
async function answered(t: TestContext, status: number, headers: Record<string, string> = {}) {
  const receiver = await startReceiver(t, (_, response) =>
    response.writeHead(status, headers).end(),
  )
  return startSender(t).post(receiver.origin)
}

test("1. the three headers, with the time in unix seconds", async (t) => {
  const { header } = await receive(t, makeSecret("hmac"))
  assert.equal(header("webhook-id"), id)
  assert.match(header("webhook-timestamp"), /^\d{10}$/)
  assert.match(header("webhook-signature"), /^v1,[A-Za-z0-9+/]{43}=$/)
})

test("2. and 3. HMAC-SHA256 over id.timestamp.payload, base64, v1", async (t) => {
  const secret = makeSecret("hmac")
  const { signed, signatures, text, all } = await receive(t, secret)
  const key = Buffer.from(secret.slice("whsec_".length), "base64")
  assert.deepEqual(signatures, [`v1,${createHmac("sha256", key).update(signed).digest("base64")}`])
  assert.deepEqual(new Webhook(secret).verify(text, all), JSON.parse(body))
  const dotted = { id: "evt.1", timestampSeconds: 1, body, secrets: [secret] }
  assert.throws(() => signatureHeaders(dotted))
})

test("4. ed25519 with whsk_ and whpk_, v1a", async (t) => {
  const secret = makeSecret("ed25519")
  assert.match(secret, /^whsk_/)
  const { signed, signatures } = await receive(t, secret)
  const x = Buffer.from(publicKeyOf(secret)!.replace(/^whpk_/, ""), "base64").toString("base64url")
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" })
  const [version, signature = ""] = signatures[0]!.split(",")
  assert.equal(version, "v1a")
  assert.ok(verify(null, Buffer.from(signed), key, Buffer.from(signature, "base64")))
})

test("5. secrets of 24 to 64 bytes behind whsec_", () => {
  const own = (bytes: number) => `whsec_${Buffer.alloc(bytes, 1).toString("base64")}`
  assert.match(makeSecret("hmac"), /^whsec_/)
  for (const bytes of [24, 32, 64]) assert.equal(secretProblem(own(bytes), "hmac"), undefined)
  for (const bytes of [0, 23, 65]) assert.ok(secretProblem(own(bytes), "hmac"))
})

test("6. while secrets change over both sign, with a space between", async (t) => {
  const [newer, older, gone] = [makeSecret("hmac"), makeSecret("hmac"), makeSecret("hmac")]
  const { signatures, text, all } = await receive(t, newer, older)
  assert.equal(signatures.length, 2)
  for (const secret of [newer, older]) assert.ok(new Webhook(secret).verify(text, all))
  assert.throws(() => new Webhook(gone).verify(text, all))
})

test("7. no secret is made twice", () => {
  assert.equal(new Set(Array.from({ length: 100 }, () => makeSecret("hmac"))).size, 100)
  assert.equal(new Set(Array.from({ length: 20 }, () => makeSecret("ed25519"))).size, 20)
})

test("8. and 9. another attempt has the same id, its own time and signature, and is verified by both", async () => {
  const secrets = [makeSecret("hmac")]
  const first = signatureHeaders({ id, timestampSeconds: nowSeconds() - 200, body, secrets })
  const second = signatureHeaders({ id, timestampSeconds: nowSeconds(), body, secrets })
  assert.equal(first["webhook-id"], second["webhook-id"])
  assert.notEqual(first["webhook-signature"], second["webhook-signature"])
  for (const headers of [first, second])
    assert.ok(new Webhook(secrets[0]!).verify(body, { ...headers }))
  const old = signatureHeaders({ id, timestampSeconds: nowSeconds() - 400, body, secrets })
  assert.throws(() => new Webhook(secrets[0]!).verify(body, { ...old }), /too old/)
})

test("10. the payload is JSON and goes out byte for byte as it was signed", async (t) => {
  const { text, header } = await receive(t, makeSecret("hmac"))
  assert.equal(text, body)
  assert.equal(header("content-type"), "application/json")
})

test("11. retries over days, further and further apart (jitter: schedule.test.ts)", () => {
  const days = RETRY_DELAYS_MS.reduce((sum, ms) => sum + ms, 0) / 86_400_000
  assert.ok(days > 3 && days < 4)
  RETRY_DELAYS_MS.reduce((before, ms) => (assert.ok(ms > before), ms), 0)
})

test("12. only 2xx is success, and redirects are not followed", async (t) => {
  for (const status of [200, 204, 299]) assert.ok((await answered(t, status)).ok)
  const elsewhere = await startReceiver(t)
  for (const status of [301, 302, 307, 400, 404, 500])
    assert.ok(!(await answered(t, status, { location: elsewhere.origin })).ok)
  assert.equal(elsewhere.connections(), 0)
})

test("13. 410 says that the endpoint is gone", async (t) => {
  assert.ok((await answered(t, 410)).isGone)
  for (const status of [404, 409, 500]) assert.ok(!(await answered(t, status)).isGone)
})

test("14. 429, 502 and 504 are failures that wait, and Retry-After is heard", async (t) => {
  for (const status of [429, 502, 504]) assert.ok(!(await answered(t, status)).ok)
  for (const status of [429, 503])
    assert.equal((await answered(t, status, { "retry-after": "3600" })).retryAfterMs, 3_600_000)
})

test("15. a receiver has 15 seconds", async (t) => {
  const taken = Promise.withResolvers<void>()
  const receiver = await startRawReceiver(t, () => taken.resolve())
  t.mock.timers.enable({ apis: ["setTimeout"] })
  let isOver = false
  const sending = startSender(t)
    .post(receiver.origin)
    .finally(() => (isOver = true))
  await taken.promise
  t.mock.timers.tick(14_000)
  await new Promise(setImmediate)
  assert.equal(isOver, false)
  t.mock.timers.tick(1_000)
  assert.equal((await sending).error, "no answer within 15 s")
})

test("17. and 19. neither private hosts nor, without leave, plain http", async () => {
  for (const url of ["https://127.0.0.1/", "https://169.254.169.254/", "http://93.184.216.34/"])
    assert.equal((await checkUrl(url, { allowedNetworks: [] })).ok, false, url)
  assert.equal((await checkUrl("https://93.184.216.34/", { allowedNetworks: [] })).ok, true)
})
