import { createHmac, createPublicKey, verify } from "node:crypto"

// RFC 8410: what stands before the 32 raw bytes of an Ed25519 public key.
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex")

/** Whether a webhook bears a signature of that secret: an implementation of its own, as a receiver has one. */
export function isSigned(headers: Record<string, string>, body: string, secret: string): boolean {
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`
  const [prefix, key] = secret.split("_") as [string, string]
  const bytes = Buffer.from(key, "base64")
  return (headers["webhook-signature"] ?? "").split(" ").some((signature) => {
    const [version, text = ""] = signature.split(",")
    if (prefix === "whsec") {
      return (
        version === "v1" && text === createHmac("sha256", bytes).update(content).digest("base64")
      )
    }
    const der = Buffer.concat([SPKI_HEAD, bytes.subarray(32)])
    const publicKey = createPublicKey({ key: der, format: "der", type: "spki" })
    return (
      version === "v1a" &&
      verify(null, Buffer.from(content), publicKey, Buffer.from(text, "base64"))
    )
  })
}
