import { once } from "node:events"
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"

export type Received = { headers: IncomingHttpHeaders; body: Buffer; at: number }

export type Receiver = { url: string; close: () => Promise<void> }

// Larger than Ringback's own limit for an event.
const MAX_BYTES = 4 * 1024 * 1024

/**
 * Listens on 127.0.0.1 on a free port. Answers each POST with the status that `receive` returns.
 */
export async function startReceiver(
  receive: (webhook: Received) => Promise<number>,
): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") return response.writeHead(405, { allow: "POST" }).end()
    try {
      const body = await readBody(request)
      if (!body) return response.writeHead(413, { connection: "close" }).end()
      const status = await receive({ headers: request.headers, body, at: Date.now() })
      response.writeHead(status).end()
    } catch {
      if (response.headersSent) response.destroy()
      else response.writeHead(500).end()
    }
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      const closed = once(server, "close")
      server.close()
      server.closeIdleConnections()
      const late = setTimeout(() => server.closeAllConnections(), CLOSE_MS)
      await closed
      clearTimeout(late)
    },
  }
}

const CLOSE_MS = 1000

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
