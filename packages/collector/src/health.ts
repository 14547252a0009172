import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { Registry } from "prom-client"
import { SettingError } from "./settings.ts"
import { isReady, type Status } from "./status.ts"
import { version } from "./version.ts"

export type Health = { port: number; close: () => Promise<void> }

/**
 * Serves `/healthz` (200 while the process runs), `/readyz` (503 until everything works) and
 * `/metrics`.
 */
export async function startHealth(
  statuses: () => Status[],
  registry: Registry,
  port: number,
  host = "127.0.0.1",
): Promise<Health> {
  const server = createServer(async (request, response) => {
    const path = request.url?.split("?")[0]
    if (path === "/metrics") {
      response.setHeader("content-type", registry.contentType)
      response.end(await registry.metrics())
    } else if (path === "/healthz" || path === "/readyz") {
      const collectors = statuses().map((status) => ({ ready: isReady(status), ...status }))
      const ready = collectors.every((each) => each.ready)
      response.statusCode = ready || path === "/healthz" ? 200 : 503
      response.setHeader("content-type", "application/json")
      response.end(`${JSON.stringify({ live: true, ready, version, collectors })}\n`)
    } else {
      response.statusCode = 404
      response.end()
    }
  })
  server.listen(port, host)
  try {
    await once(server, "listening")
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const setting = code === "EADDRINUSE" || code === "EACCES" ? "PORT" : "HOST"
    throw new SettingError(
      `RINGBACK_HEALTH_${setting}: cannot listen on ${host}:${port} (${code})`,
      { cause },
    )
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
