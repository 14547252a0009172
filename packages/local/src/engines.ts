import { once } from "node:events"
import type { IncomingMessage, ServerResponse } from "node:http"
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
  // dynalite throws what a broken-off request emits, which would end the process.
  const [handle] = server.listeners("request") as [Listener]
  server.removeAllListeners("request").on("request", (request: IncomingMessage, response) => {
    handle(request, response)
    request.removeAllListeners("error")
  })
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  try {
    await once(server.listen(port, HOST), "listening")
  } catch (error) {
    await close()
    throw error
  }
  return { url: `http://${HOST}:${(server.address() as AddressInfo).port}`, close }
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
