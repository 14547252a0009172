import dynalite from "dynalite"
import { EventEmitter, once } from "node:events"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { join } from "node:path"
import type { Engine, EngineOptions } from "./engine.ts"
import { HOST, urlOf } from "./loopback.ts"
import { answerSdkOnly } from "./sdk-requests.ts"

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** dynalite in this process, on loopback only. Rejects with EADDRINUSE if the port is taken. */
export async function startDynalite({ dataDir, port = 0 }: EngineOptions = {}): Promise<Engine> {
  const server = dynalite({ createTableMs: 0, ...(dataDir && { path: join(dataDir, "dynamodb") }) })
  const requests = trackRequests(server)
  answerSdkOnly(server, "DynamoDB")
  const close = async () => {
    // Before dynalite is told: it closes its database as soon as there are no connections.
    await requests.finish()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }
  try {
    await once(server.listen(port, HOST), "listening")
  } catch (error) {
    await close()
    throw error
  }
  return { url: urlOf(server), close }
}

// dynalite throws the errors of aborted requests, and of requests whose database was closed in the
// meantime: each would end the process.
function trackRequests(server: Server): { finish: () => Promise<void> } {
  const inWork = new Set<IncomingMessage>()
  const work = new EventEmitter()
  let isEnding = false
  const over = (request: IncomingMessage) => {
    inWork.delete(request)
    if (inWork.size === 0) work.emit("over")
  }
  const [handle] = server.listeners("request") as [Listener]
  server.removeAllListeners("request").on("request", (request: IncomingMessage, response) => {
    if (isEnding) return void request.destroy()
    inWork.add(request)
    // A complete request is processed to its end, even if the client has gone.
    request.once("close", () => request.readableEnded || over(request))
    const answer = response.end.bind(response) as (...parts: unknown[]) => ServerResponse
    response.end = (...parts: unknown[]) => {
      over(request)
      return answer(...parts)
    }
    handle(request, response)
    request.removeAllListeners("error")
  })
  return {
    async finish() {
      isEnding = true
      for (const request of inWork) if (!request.complete) request.destroy()
      if (inWork.size > 0) await once(work, "over")
    },
  }
}
