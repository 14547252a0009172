import { createHmac, timingSafeEqual } from "node:crypto"

export type WebhookHeaders = { id: string; timestamp: string; signature: string }

const TOLERANCE_SECONDS = 5 * 60

// Standard Webhooks 1.0 by its text, with node:crypto alone: what every receiver can do by itself.
/** Undefined where the webhook is signed with the secret and fresh (`now` in epoch ms), else what is wrong with it. */
export function verificationProblem(
  { id, timestamp, signature }: WebhookHeaders,
  body: Buffer,
  secret: string,
  now: number,
): string | undefined {
  if (!id || !/^\d{1,12}$/.test(timestamp) || !signature) return "not signed"
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return "stale"
  const sum = sumOf({ id, timestamp }, body, secret)
  // During a rotation several secrets sign. One valid signature is enough.
  const isSigned = signature.split(" ").some((part) => {
    const [version, text = ""] = part.split(",", 2)
    const given = Buffer.from(text, "base64")
    return version === "v1" && given.length === sum.length && timingSafeEqual(given, sum)
  })
  return isSigned ? undefined : "signature wrong"
}

/** The signature headers of a body at `now`, in epoch ms. */
export function signatureHeaders(id: string, body: string, secret: string, now: number) {
  const timestamp = `${Math.floor(now / 1000)}`
  const sum = sumOf({ id, timestamp }, Buffer.from(body), secret)
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${sum.toString("base64")}`,
  }
}

function sumOf(
  { id, timestamp }: Pick<WebhookHeaders, "id" | "timestamp">,
  body: Buffer,
  secret: string,
): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64")
  return createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest()
}
