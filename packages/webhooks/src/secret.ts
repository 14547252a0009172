import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from "node:crypto"
import type { Endpoint } from "./endpoint.ts"

export type Signing = Endpoint["signing"]
export type Secret =
  { signing: "hmac"; key: Buffer } | { signing: "ed25519"; key: KeyObject; publicKey: string }

const HMAC_PREFIX = "whsec_"
const PRIVATE_PREFIX = "whsk_"
const PUBLIC_PREFIX = "whpk_"
const NEW_HMAC_BYTES = 32
const MIN_HMAC_BYTES = 24
const MAX_HMAC_BYTES = 64

// RFC 8410: the bytes before the 32 raw bytes of an Ed25519 seed in a PKCS #8 key.
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex")
const SEED_BYTES = 32

/**
 * A new secret: `whsec_` and 32 random bytes, or `whsk_` and seed + public key (Svix's and
 * libsodium's 64 bytes).
 */
export function makeSecret(signing: Signing): string {
  if (signing === "hmac") return HMAC_PREFIX + randomBytes(NEW_HMAC_BYTES).toString("base64")
  const { privateKey } = generateKeyPairSync("ed25519")
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-SEED_BYTES)
  return PRIVATE_PREFIX + Buffer.concat([seed, rawPublicKey(privateKey)]).toString("base64")
}

/** The key in a secret's text. Throws for a text that `secretProblem` refuses. */
export function parseSecret(text: string): Secret {
  const read = readSecret(text)
  if (!read.ok) throw new Error(read.reason)
  return read.secret
}

/**
 * Why a user's own secret cannot be used for this kind of signing, as text. Undefined if it can.
 */
export function secretProblem(text: string, signing: Signing): string | undefined {
  const prefix = signing === "hmac" ? HMAC_PREFIX : PRIVATE_PREFIX
  if (!text.startsWith(prefix))
    return `The secret of an endpoint that signs with ${signing} begins with ${prefix}`
  const read = readSecret(text)
  return read.ok ? undefined : read.reason
}

/**
 * The key with which a receiver verifies: `whpk_` and 32 bytes. Undefined for a shared secret,
 * which has no public half.
 */
export function publicKeyOf(text: string): string | undefined {
  const secret = parseSecret(text)
  return secret.signing === "ed25519" ? secret.publicKey : undefined
}

type Read = { ok: true; secret: Secret } | { ok: false; reason: string }

const refuse = (reason: string): Read => ({ ok: false, reason })

function readSecret(text: string): Read {
  const isHmac = text.startsWith(HMAC_PREFIX)
  if (!isHmac && !text.startsWith(PRIVATE_PREFIX))
    return refuse(`A secret begins with ${HMAC_PREFIX} or ${PRIVATE_PREFIX}`)
  const encoded = text.slice((isHmac ? HMAC_PREFIX : PRIVATE_PREFIX).length)
  const bytes = Buffer.from(encoded, "base64")
  // Buffer skips characters that are not base64. A receiver's library would refuse the secret or
  // read another key.
  if (bytes.toString("base64") !== encoded)
    return refuse("After its prefix a secret is base64, padded and with the standard alphabet")
  return isHmac ? readShared(bytes) : readPrivate(bytes)
}

function readShared(bytes: Buffer): Read {
  if (bytes.length < MIN_HMAC_BYTES || bytes.length > MAX_HMAC_BYTES)
    return refuse(
      `A secret holds ${MIN_HMAC_BYTES} to ${MAX_HMAC_BYTES} bytes, this one ${bytes.length}`,
    )
  return { ok: true, secret: { signing: "hmac", key: bytes } }
}

// The Go library of Standard Webhooks writes only the seed, Svix the seed and the public key. Both
// are accepted.
function readPrivate(bytes: Buffer): Read {
  if (bytes.length !== SEED_BYTES && bytes.length !== 2 * SEED_BYTES)
    return refuse(
      `An ed25519 secret holds 32 bytes (seed) or 64 (seed and public key), this one ${bytes.length}`,
    )
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, bytes.subarray(0, SEED_BYTES)]),
    format: "der",
    type: "pkcs8",
  })
  const publicBytes = rawPublicKey(key)
  if (bytes.length > SEED_BYTES && !bytes.subarray(SEED_BYTES).equals(publicBytes))
    return refuse("The last 32 bytes of this ed25519 secret are not the public key of the first 32")
  const publicKey = PUBLIC_PREFIX + publicBytes.toString("base64")
  return { ok: true, secret: { signing: "ed25519", key, publicKey } }
}

function rawPublicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-SEED_BYTES)
}
