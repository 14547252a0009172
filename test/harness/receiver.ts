import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { once } from "node:events"
import type { AddressInfo, Socket } from "node:net"

export type Arrived = {
  path: string
  headers: Record<string, string>
  body: string
  /** The body, parsed. */
  webhook: Webhook
}

export type Webhook = {
  id: string
  type: string
  timestamp: string
  version: string
  observedAt: string
  tenant: string
  source: string | null
  synthetic?: boolean
  data: Record<string, unknown>
}

/** Answers one webhook; 204 unless it says otherwise. */
export type Behaviour = (arrived: Arrived, response: ServerResponse) => void | Promise<void>

export type TestReceiver = {
  url: string
  arrived: Arrived[]
  /** All bytes that it has received, heads included. */
  bytesRead: () => number
  behave: (behaviour: Behaviour) => void
  close: () => Promise<void>
}

/** A real HTTP server that keeps all that it gets. */
export async function startReceiver(behaviour: Behaviour = ok): Promise<TestReceiver> {
  const arrived: Arrived[] = []
  let behave = behaviour
  const server = createServer((request, response) => {
    void read(request).then(async (each) => {
      arrived.push(each)
      await behave(each, response)
    })
  })
  const sockets: Socket[] = []
  server.on("connection", (socket) => void sockets.push(socket))
  await once(server.listen(0, "127.0.0.1"), "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    arrived,
    bytesRead: () => sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    behave: (next) => void (behave = next),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

export const ok: Behaviour = (_, response) => answer(response, 204)

export function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string> = {},
  body = "",
): void {
  response.writeHead(status, headers).end(body)
}

async function read(request: IncomingMessage): Promise<Arrived> {
  let body = ""
  for await (const chunk of request.setEncoding("utf8")) body += chunk
  return {
    path: request.url!,
    headers: request.headers as Record<string, string>,
    body,
    webhook: JSON.parse(body) as Webhook,
  }
}
