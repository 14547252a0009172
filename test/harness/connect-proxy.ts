import { once } from "node:events"
import { createServer } from "node:http"
import { connect, type AddressInfo, type Socket } from "node:net"

/** An HTTP proxy on loopback that makes tunnels, and notes where to. */
export async function startConnectProxy() {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((_, response) => void response.writeHead(405).end())
  server.on("connect", (request, near: Socket) => {
    asked.push(request.url!)
    const far = connect(Number(request.url!.split(":").at(-1)), "127.0.0.1", () => {
      near.write("HTTP/1.1 200 Connection Established\r\n\r\n")
      near.pipe(far)
      far.pipe(near)
    })
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(end)
      end.on("error", () => {}).on("close", () => (sockets.delete(end), other.destroy()))
    }
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
