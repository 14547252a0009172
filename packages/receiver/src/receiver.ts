import { Webhook, WebhookVerificationError } from "standardwebhooks"
import type { WebhookEvent } from "./events.ts"

export type * from "./events.ts"
export { WebhookVerificationError }

/** Request headers as fetch, Hono or Node give them. */
export type WebhookHeaders = Headers | Record<string, string | readonly string[] | undefined>

/**
 * The event of a request, or a rejection: `WebhookVerificationError` where the signature is
 * missing, wrong, or more than five minutes old, and `SyntaxError` where a transform made a body
 * that is no JSON. `body` is the request's body as it came, not
 * parsed. `secret` is the endpoint's `whsec_...`, or the `whpk_...` public key of an endpoint that
 * signs with ed25519.
 */
export async function verify(
  headers: WebhookHeaders,
  body: string | Uint8Array,
  secret: string,
): Promise<WebhookEvent> {
  const text = typeof body === "string" ? body : decodeUtf8(body)
  const signed = {
    "webhook-id": headerOf(headers, "webhook-id"),
    "webhook-timestamp": headerOf(headers, "webhook-timestamp"),
    "webhook-signature": headerOf(headers, "webhook-signature"),
  }
  if (secret.startsWith("whsec_")) verifyHmac(text, signed, secret)
  else if (secret.startsWith("whpk_")) await verifyEd25519(text, signed, secret)
  else throw new TypeError("The secret must begin with whsec_ or whpk_: copy it from the endpoint")
  return JSON.parse(text) as WebhookEvent
}

type Versioned = { type: string; version: string; data: object }

/**
 * Whether `a` is newer than `b`. Throws where the two are not about one record: same uuid, and both
 * `call.*` or neither.
 */
export function isNewer(a: Versioned, b: Versioned): boolean {
  const subject = subjectOf(a)
  if (subject === undefined || subject !== subjectOf(b)) {
    throw new TypeError(
      "Only events with the same data.uuid can be compared, and both or neither must be call.*",
    )
  }
  return a.version > b.version
}

type SignedHeaders = Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>

function verifyHmac(body: string, headers: SignedHeaders, secret: string): void {
  new Webhook(secret).verify(body, headers, { jsonParse: false })
}

// Standard Webhooks leaves v1a to its users: the same text is signed, with an asymmetric key.
async function verifyEd25519(body: string, headers: SignedHeaders, secret: string): Promise<void> {
  const { "webhook-id": id, "webhook-timestamp": timestamp } = headers
  if (!id || !headers["webhook-signature"]) {
    throw new WebhookVerificationError("Missing required headers")
  }
  checkTimestamp(timestamp)
  const { subtle } = globalThis.crypto
  const raw = decodeBase64(secret.slice("whpk_".length))
  if (raw?.length !== PUBLIC_KEY_BYTES)
    throw new TypeError("The public key is damaged: copy it from the endpoint")
  const key = await subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"])
  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`)
  for (const entry of headers["webhook-signature"].split(" ")) {
    const [version, signature = ""] = entry.split(",")
    const bytes = version === "v1a" ? decodeBase64(signature) : undefined
    if (bytes && (await subtle.verify("Ed25519", key, bytes, content))) return
  }
  throw new WebhookVerificationError("No matching signature found")
}

const TOLERANCE_SECONDS = 5 * 60
const PUBLIC_KEY_BYTES = 32

function checkTimestamp(timestamp: string): void {
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookVerificationError("Invalid Signature Headers")
  const ageSeconds = Math.floor(Date.now() / 1000) - Number(timestamp)
  if (Math.abs(ageSeconds) > TOLERANCE_SECONDS) {
    throw new WebhookVerificationError(`Message timestamp too ${ageSeconds > 0 ? "old" : "new"}`)
  }
}

function headerOf(headers: WebhookHeaders, name: string): string {
  if (headers instanceof Headers) return headers.get(name) ?? ""
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  // A header that came twice was not sent by Ringback.
  return typeof found === "string" ? found : ""
}

// Bytes that are no UTF-8 were not signed by Ringback, and must not turn into others that were.
function decodeUtf8(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw new WebhookVerificationError("The body is not UTF-8")
  }
}

/** Undefined if it is no base64. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (each) => each.charCodeAt(0))
  } catch {
    return undefined
  }
}

function subjectOf({ type, data }: Versioned): string | undefined {
  const { uuid } = data as { uuid?: unknown }
  if (typeof uuid !== "string") return undefined
  return `${type.startsWith("call.") ? "call" : "record"} ${uuid}`
}
