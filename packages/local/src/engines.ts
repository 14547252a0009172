import { EventEmitter, once } from "node:events"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import dynalite from "dynalite"
import { buildFauxqs } from "./fauxqs.ts"

const HOST = "127.0.0.1"

export type Engine = { url: string; close: () => Promise<void> }

/** `dataDir` absent: in memory. `port` 0: any free one. */
export type EngineOptions = { dataDir?: string | undefined; port?: number | undefined }

/** SQS on loopback alone. Rejects with EADDRINUSE where the port is taken. */
export async function startSqs({ dataDir, port = 0 }: EngineOptions = {}): Promise<Engine> {
  const app = await buildFauxqs(dataDir && join(dataDir, "sqs"))
  try {
    return { url: await app.listen({ host: HOST, port }), close: () => app.close() }
  } catch (error) {
    await app.close()
    throw error
  }
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** DynamoDB on loopback alone. Rejects with EADDRINUSE where the port is taken. */
export async function startDynamodb({ dataDir, port = 0 }: EngineOptions = {}): Promise<Engine> {
  const server = dynalite({ createTableMs: 0, ...(dataDir && { path: join(dataDir, "dynamodb") }) })
  const requests = guard(server)
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
  return { url: `http://${HOST}:${(server.address() as AddressInfo).port}`, close }
}

// dynalite throws what a broken-off request emits, and what a request meets whose database was closed meanwhile:
// each would end the process.
function guard(server: Server): { finish: () => Promise<void> } {
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
    // What has arrived whole is worked on to its answer, also where nobody is there to hear it.
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

export type Engines = { sqsUrl: string; dynamodbUrl: string; close: () => Promise<void> }

/** Both, in this process. */
export async function startEngines(
  options: { dataDir?: string; sqsPort?: number; dynamodbPort?: number } = {},
): Promise<Engines> {
  const { dataDir } = options
  const sqs = await startSqs({ dataDir, port: options.sqsPort })
  try {
    const dynamodb = await startDynamodb({ dataDir, port: options.dynamodbPort })
    const close = async () => void (await Promise.all([sqs.close(), dynamodb.close()]))
    return { sqsUrl: sqs.url, dynamodbUrl: dynamodb.url, close }
  } catch (error) {
    await sqs.close()
    throw error
  }
}
