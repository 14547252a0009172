import { createHmac, timingSafeEqual } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"

export type ReceivedWebhook = {
  id: string
  type: string
  body: Record<string, unknown>
  receivedAt: number
  isSignatureOk: boolean
  /** A webhook with the same id was received before: delivery is at least once. */
  isRepeated: boolean
}

export type DemoReceiver = { url: string; close: () => Promise<void> }

const REMEMBERED = 10_000
const TOLERANCE_SECONDS = 5 * 60

/**
 * Acts like a CRM: verifies the signature itself, reports the webhook, and answers 204 (400 for an
 * invalid signature).
 */
export async function startDemoReceiver(
  getSecret: () => string | undefined,
  onWebhook: (webhook: ReceivedWebhook) => void,
): Promise<DemoReceiver> {
  const seen = new Set<string>()
  const server = createServer(async (request, response) => {
    try {
      const text = await readBody(request)
      const id = String(request.headers["webhook-id"] ?? "")
      const isSignatureOk = isSigned(request, id, text, getSecret())
      const body = JSON.parse(text) as Record<string, unknown>
      const isRepeated = seen.has(id)
      seen.add(id)
      const [oldest] = seen
      if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest)
      const type = String(body["type"])
      onWebhook({ id, type, body, receivedAt: Date.now(), isSignatureOk, isRepeated })
      response.writeHead(isSignatureOk ? 204 : 400).end()
    } catch {
      response.writeHead(400).end()
    }
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`,
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString("utf8")
}

// Implements the Standard Webhooks specification with node:crypto only: a check by our own packages
// would prove nothing.
function isSigned(request: IncomingMessage, id: string, body: string, secret?: string): boolean {
  const timestamp = String(request.headers["webhook-timestamp"])
  const isFresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < TOLERANCE_SECONDS
  if (!secret || !isFresh) return false
  const key = Buffer.from(secret.slice("whsec_".length), "base64")
  const sum = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")
  const expected = Buffer.from(`v1,${sum}`)
  return String(request.headers["webhook-signature"])
    .split(" ")
    .map((signature) => Buffer.from(signature))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected))
}
