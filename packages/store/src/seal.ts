import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto"

/** Encrypts secrets for the table. The data key comes from outside the table: KMS on AWS, a key file on a laptop. */
export type Sealer = {
  /** `context` binds the text to its place: it cannot be decrypted under another context. */
  seal: (plain: string, context: string) => string
  /** Throws if the text was changed, moved, or encrypted with another key. */
  open: (sealed: string, context: string) => string
}

const ALGORITHM = "aes-256-gcm"
const IV_BYTES = 12
const TAG_BYTES = 16
// Set explicitly, because Node otherwise accepts a tag of 4 bytes, which can be guessed.
const TAG_LENGTH = { authTagLength: TAG_BYTES }

/** A sealer with a 256-bit data key. */
export function makeSealer(dataKey: Buffer): Sealer {
  // From bytes, each cipher makes a key object of its own, which takes four times as long.
  const key = createSecretKey(dataKey)
  return {
    seal(plain, context) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(ALGORITHM, key, iv, TAG_LENGTH).setAAD(Buffer.from(context))
      const text = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()])
      return `s1.${Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64url")}`
    },
    open(sealed, context) {
      if (!sealed.startsWith("s1.")) throw new Error("not a sealed secret")
      const bytes = Buffer.from(sealed.slice(3), "base64url")
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), TAG_LENGTH)
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      const plain = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES))
      return Buffer.concat([plain, decipher.final()]).toString("utf8")
    },
  }
}
