import { signatureHeaders } from "@ringback/webhooks/sign"
import { makeSecret, parseSecret, publicKeyOf, secretProblem } from "@ringback/webhooks/secret"
import fc from "fast-check"
import assert from "node:assert/strict"
import { createPublicKey, verify } from "node:crypto"
import { test } from "node:test"
import { Webhook } from "standardwebhooks"

const published = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestampSeconds: 1614265330,
  body: `{"test": 2432232314}`,
}
const sharedSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
const seedSecret = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
const pairSecret =
  "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="

const signatureOf = (secret: string) =>
  signatureHeaders({ ...published, secrets: [secret] })["webhook-signature"]

test("signs as the published vectors of Standard Webhooks and Svix say", () => {
  assert.equal(signatureOf(sharedSecret), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  assert.equal(
    signatureOf(seedSecret),
    "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==",
  )
  assert.equal(
    signatureOf(pairSecret),
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
  )
  assert.equal(publicKeyOf(pairSecret), "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=")
  assert.equal(publicKeyOf(sharedSecret), undefined)
})

test("the independent verifier accepts any body under any valid secret", () => {
  const bytes = fc.uint8Array({ minLength: 24, maxLength: 64 })
  fc.assert(
    fc.property(bytes, fc.string({ unit: "grapheme" }), (key, text) => {
      const secret = `whsec_${Buffer.from(key).toString("base64")}`
      const body = JSON.stringify({ text })
      const timestampSeconds = Math.floor(Date.now() / 1000)
      const headers = signatureHeaders({ id: "evt_1", timestampSeconds, body, secrets: [secret] })
      assert.deepEqual(new Webhook(secret).verify(body, { ...headers }), { text })
    }),
  )
})

test("an ed25519 signature is verified with nothing but the public key that is given out", () => {
  const secret = makeSecret("ed25519")
  const publicKey = publicKeyOf(secret)!
  assert.match(publicKey, /^whpk_[A-Za-z0-9+/]{43}=$/)
  const x = Buffer.from(publicKey.slice(5), "base64").toString("base64url")
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" })
  const { id, timestampSeconds, body } = published
  const [version, signature = ""] = signatureOf(secret).split(",")
  assert.equal(version, "v1a")
  const isGood = (content: string) =>
    verify(null, Buffer.from(content), key, Buffer.from(signature, "base64"))
  assert.ok(isGood(`${id}.${timestampSeconds}.${body}`))
  assert.ok(!isGood(`${id}.${timestampSeconds + 1}.${body}`))
})

test("each valid secret signs, the newest first, and either is enough for a receiver", () => {
  const [newer, older] = [makeSecret("hmac"), makeSecret("hmac")]
  const webhook = { ...published, timestampSeconds: Math.floor(Date.now() / 1000) }
  const headers = signatureHeaders({ ...webhook, secrets: [newer, older] })
  const signatures = headers["webhook-signature"].split(" ")
  assert.equal(signatures.length, 2)
  const first = signatureHeaders({ ...webhook, secrets: [newer] })["webhook-signature"]
  assert.equal(signatures[0], first)
  for (const secret of [newer, older])
    assert.ok(new Webhook(secret).verify(webhook.body, { ...headers }))
  assert.throws(() => new Webhook(makeSecret("hmac")).verify(webhook.body, { ...headers }))
})

test("new secrets have the prefix and size of the standard and are never the same", () => {
  const made = Array.from({ length: 50 }, () => makeSecret("hmac"))
  assert.equal(new Set(made).size, 50)
  for (const secret of made) {
    const parsed = parseSecret(secret)
    assert.ok(parsed.signing === "hmac" && parsed.key.length === 32)
  }
  const bytes = Buffer.from(makeSecret("ed25519").slice("whsk_".length), "base64")
  assert.equal(bytes.length, 64)
})

test("own secrets are taken with 24 to 64 bytes and refused in words otherwise", () => {
  const shared = (length: number) => `whsec_${Buffer.alloc(length, 7).toString("base64")}`
  for (const length of [24, 25, 32, 64])
    assert.equal(secretProblem(shared(length), "hmac"), undefined)
  const refused: [string, "hmac" | "ed25519", RegExp][] = [
    [shared(23), "hmac", /24 to 64 bytes, this one 23/],
    [shared(65), "hmac", /24 to 64 bytes, this one 65/],
    ["", "hmac", /begins with whsec_/],
    [sharedSecret.slice(6), "hmac", /begins with whsec_/],
    [sharedSecret, "ed25519", /begins with whsk_/],
    [pairSecret, "hmac", /begins with whsec_/],
    [`${sharedSecret}\n`, "hmac", /base64/],
    [`whsec_${"-_".repeat(20)}`, "hmac", /base64/],
    [shared(25).replaceAll("=", ""), "hmac", /base64/],
    [`whsk_${Buffer.alloc(33).toString("base64")}`, "ed25519", /32 bytes.*or 64.*this one 33/],
    [pairSecret.replace("X0dR", "aaaa"), "ed25519", /not the public key/],
    [publicKeyOf(pairSecret)!, "ed25519", /begins with whsk_/],
  ]
  for (const [secret, signing, words] of refused)
    assert.match(secretProblem(secret, signing) ?? "", words, secret)
  assert.equal(secretProblem(seedSecret, "ed25519"), undefined)
  assert.equal(secretProblem(pairSecret, "ed25519"), undefined)
})

test("refuses to sign what could be read in two ways, or with nothing", () => {
  const secrets = [sharedSecret]
  assert.throws(() => signatureHeaders({ ...published, id: "evt.1", secrets }))
  assert.throws(() => signatureHeaders({ ...published, timestampSeconds: 1.5, secrets }))
  assert.throws(() => signatureHeaders({ ...published, secrets: [] }))
})
