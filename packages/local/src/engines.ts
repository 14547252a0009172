import { join } from "node:path"
import { startDynalite } from "./dynalite-engine.ts"
import { startDynoxide } from "./dynoxide-engine.ts"
import type { Engine, EngineOptions } from "./engine.ts"
import { buildFauxqs } from "./fauxqs.ts"
import { HOST } from "./loopback.ts"
import { answerSdkOnly } from "./sdk-requests.ts"

/** fauxqs in this process, on loopback alone. Rejects with EADDRINUSE where the port is taken. */
export async function startSqs({ dataDir, port = 0 }: EngineOptions = {}): Promise<Engine> {
  const app = await buildFauxqs(dataDir && join(dataDir, "sqs"))
  try {
    await app.ready()
    answerSdkOnly(app.server, "SQS")
    return { url: await app.listen({ host: HOST, port }), close: () => app.close() }
  } catch (error) {
    await app.close()
    throw error
  }
}

export type DynamodbKind = "dynalite" | "dynoxide"

export type Engines = { sqsUrl: string; dynamodbUrl: string; close: () => Promise<void> }

export type EnginesOptions = {
  dataDir?: string
  sqsPort?: number
  dynamodbPort?: number
  dynamodb?: DynamodbKind
}

/** Both, without processes for those that can do without. */
export async function startEngines(options: EnginesOptions = {}): Promise<Engines> {
  const { dataDir } = options
  const startDynamodb = options.dynamodb === "dynoxide" ? startDynoxide : startDynalite
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
