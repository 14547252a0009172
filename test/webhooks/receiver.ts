import { parseNetworks } from "@ringback/webhooks/address"
import { makeSender, type SenderOptions } from "@ringback/webhooks/send"
import http from "node:http"
import https from "node:https"
import net from "node:net"
import { once } from "node:events"
import type { TestContext } from "node:test"

export type Received = {
  url: string
  method: string
  headers: http.IncomingHttpHeaders
  body: string
}

type Answer = (request: Received, response: http.ServerResponse) => void
type Options = { host?: string; port?: number; tls?: https.ServerOptions }

/** A receiver on loopback that remembers what it was sent and over how many connections. */
export async function startReceiver(
  t: TestContext,
  answer: Answer = (_, response) => response.end(),
  { host = "127.0.0.1", port = 0, tls }: Options = {},
) {
  const requests: Received[] = []
  const handle = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const { url = "", method = "", headers } = request
    const chunks: Buffer[] = await request.toArray()
    requests.push({ url, method, headers, body: Buffer.concat(chunks).toString() })
    answer(requests.at(-1)!, response)
  }
  const server = tls ? https.createServer(tls, handle) : http.createServer(handle)
  // A busy machine may need longer than Node's five seconds from one webhook to the next.
  server.keepAliveTimeout = 0
  const at = await listen(t, server, host, port)
  return { ...at, requests, origin: `${tls ? "https" : "http"}://${host}:${at.port}` }
}

/** A receiver that writes bytes as they stand; `reply` is called for each complete request of a connection. */
export async function startRawReceiver(
  t: TestContext,
  reply: (socket: net.Socket, count: { connection: number; request: number }) => void,
) {
  let connection = 0
  let request = 0
  const server = net.createServer((socket) => {
    const count = ++connection
    let text = ""
    socket.on("error", () => {})
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
      const bodyAt = text.indexOf("\r\n\r\n") + 4
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (bodyAt < 4 || text.length < bodyAt + length) return
      text = ""
      reply(socket, { connection: count, request: ++request })
    })
  })
  const at = await listen(t, server)
  return { ...at, requests: () => request, origin: `http://127.0.0.1:${at.port}` }
}

/** Any server on a free port of loopback, closed with all its connections after the test. */
export async function listen(t: TestContext, server: net.Server, host = "127.0.0.1", port = 0) {
  const open = new Set<net.Socket>()
  let count = 0
  server.on("connection", (socket: net.Socket) => {
    count++
    open.add(socket)
    socket.on("close", () => open.delete(socket))
  })
  server.listen(port, host)
  await once(server, "listening")
  const closeConnections = () => open.forEach((socket) => socket.destroy())
  t.after(() => {
    server.close()
    closeConnections()
  })
  const { port: at } = server.address() as net.AddressInfo
  return {
    server,
    port: at,
    connections: () => count,
    openConnections: () => open.size,
    closeConnections,
  }
}

/** A sender that may dial loopback, closed after the test; `post` sends to a URL. */
export function startSender(t: TestContext, options: Partial<SenderOptions> = {}) {
  const allowedNetworks = parseNetworks("127.0.0.0/8,::1/128")
  const sender = makeSender({ allowedNetworks, ...options })
  t.after(() => sender.close())
  return {
    ...sender,
    post: (url: string, { endpointId = "ep_1", headers = {}, body = `{"a":1}` } = {}) =>
      sender.send({ endpointId, url, headers, body }),
  }
}
