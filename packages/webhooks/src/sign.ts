import { createHmac, sign as signEd25519 } from "node:crypto"
import { parseSecret } from "./secret.ts"

export type SignatureHeaders = {
  "webhook-id": string
  "webhook-timestamp": string
  "webhook-signature": string
}

/**
 * The three headers of Standard Webhooks for one attempt, with one signature per secret, newest
 * first. `body` must be the exact text that is sent.
 */
export function signatureHeaders(webhook: {
  id: string
  timestampSeconds: number
  body: string
  secrets: readonly string[]
}): SignatureHeaders {
  const { id, timestampSeconds, body, secrets } = webhook
  // The signed content is joined by dots, so an id with a dot could be read as another id and time.
  // Without a secret, the webhook could not be verified.
  if (id.includes(".") || !Number.isSafeInteger(timestampSeconds) || secrets.length === 0)
    throw new Error("A webhook is signed with an id without dots, whole seconds and a secret")
  const content = Buffer.from(`${id}.${timestampSeconds}.${body}`)
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": secrets.map((secret) => signature(secret, content)).join(" "),
  }
}

function signature(text: string, content: Buffer): string {
  const secret = parseSecret(text)
  return secret.signing === "hmac"
    ? `v1,${createHmac("sha256", secret.key).update(content).digest("base64")}`
    : `v1a,${signEd25519(null, content, secret.key).toString("base64")}`
}
