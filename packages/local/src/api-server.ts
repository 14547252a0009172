import { serve } from "@hono/node-server"
import { once } from "node:events"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"

export type Answer = (request: Request) => Response | Promise<Response>

export type ApiServer = { url: string; close: () => Promise<void> }

/** The admin API on loopback. Rejects with EADDRINUSE where the port is taken. */
export async function startApi(fetch: Answer, port: number): Promise<ApiServer> {
  const server = serve({ fetch, port, hostname: "127.0.0.1" }) as Server
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        setTimeout(() => server.closeAllConnections(), 1000).unref()
      }),
  }
}
