import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { etc, getPublicKeyAsync, utils, verifyAsync } from "@noble/ed25519"
import { startReceiver, type TestReceiver } from "../harness/receiver.ts"
import { makeTenant, startApi, type TestApi } from "./api.ts"

let api: TestApi
let receiver: TestReceiver
let path: string
before(async () => {
  api = await startApi()
  receiver = await startReceiver()
  path = `${(await makeTenant(api)).path}/endpoints`
})
after(async () => {
  await receiver.close()
  await api.close()
})

const rawKey = (publicKey: string) => {
  assert.match(publicKey, /^whpk_/)
  const bytes = Buffer.from(publicKey.slice("whpk_".length), "base64")
  assert.equal(bytes.length, 32)
  return bytes
}

/** Whether each of those keys made one of the signatures of the webhook that came last, in their order. */
async function verifies(publicKeys: string[]): Promise<boolean> {
  const { headers, body } = receiver.arrived.at(-1)!
  const signatures = String(headers["webhook-signature"]).split(" ")
  assert.equal(signatures.length, publicKeys.length)
  const content = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`)
  const results = signatures.map((signature, index) => {
    const [version, text = ""] = signature.split(",")
    assert.equal(version, "v1a")
    return verifyAsync(Buffer.from(text, "base64"), content, rawKey(publicKeys[index]!))
  })
  return (await Promise.all(results)).every(Boolean)
}

const holdsPrivateKey = (text: string) => /whsk_|"secret"/.test(text)

test("what an ed25519 endpoint answers is enough to verify its webhooks, and holds no private key", async () => {
  const made = await api.call(`POST ${path}`, {
    body: { url: receiver.url, signing: "ed25519" },
  })
  const at = `${path}/${made.body.id}`
  const first: string = made.body.publicKey
  assert.equal((await api.call(`POST ${at}/test`, { body: {} })).body.delivered, true)
  assert.ok(await verifies([first]))

  const rotated = await api.call(`POST ${at}/secret/rotate`, { body: { overlapSeconds: 60 } })
  const second: string = rotated.body.publicKey
  assert.notEqual(second, first)
  await api.call(`POST ${at}/test`, { body: {} })
  assert.ok(await verifies([second, first]))
  assert.equal(await verifies([first, second]), false)

  const secret = await api.call(`GET ${at}/secret`)
  const { previousExpiresAt } = rotated.body
  assert.deepEqual(secret.body, {
    publicKey: second,
    previous: [{ publicKey: first, expiresAt: previousExpiresAt }],
  })
  const [read, listed] = [await api.call(`GET ${at}`), await api.call(`GET ${path}`)]
  assert.deepEqual([read.body.publicKey, listed.body.data[0].publicKey], [second, second])
  for (const { text } of [made, rotated, secret, read, listed]) assert.ok(!holdsPrivateKey(text))
})

test("a key pair of one's own signs, and is not told again", async () => {
  const seed = utils.randomSecretKey()
  const own = `whsk_${Buffer.from(seed).toString("base64")}`
  const publicKey = `whpk_${Buffer.from(await getPublicKeyAsync(seed)).toString("base64")}`
  const body = { url: receiver.url, signing: "ed25519", secret: own }
  const made = await api.call(`POST ${path}`, { body })
  assert.deepEqual([made.status, made.body.publicKey], [201, publicKey])
  assert.ok(!holdsPrivateKey(made.text))
  await api.call(`POST ${path}/${made.body.id}/test`, { body: {} })
  assert.ok(await verifies([publicKey]))
  // A receiver that has the hex of its own tool has the same key.
  assert.equal(etc.bytesToHex(await getPublicKeyAsync(seed)), rawKey(publicKey).toString("hex"))
})

test("an hmac endpoint has a secret and no public key", async () => {
  const { body } = await api.call(`POST ${path}`, { body: { url: receiver.url } })
  assert.match(body.secret, /^whsec_/)
  assert.equal("publicKey" in body, false)
  const secret = await api.call(`GET ${path}/${body.id}/secret`)
  assert.deepEqual(secret.body, { secret: body.secret, previous: [] })
})
