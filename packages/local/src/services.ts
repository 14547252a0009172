import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { SQSClient } from "@aws-sdk/client-sqs"
import type { DataDir } from "./data-dir.ts"
import type { InsertMode } from "@ringback/store/insert"
import { chooseDynamodb, insertsOf, spawnDynamodb } from "./dynamodb-engine.ts"
import { spawnEngine } from "./engine-process.ts"
import type { Engine, EngineOptions } from "./engine.ts"
import { probeDynamodb, probeSqs } from "./probe.ts"
import { type Provisioned, provision } from "./provision.ts"
import { checkServices } from "./service-check.ts"
import { SettingError, type Settings } from "./machine-settings.ts"

export type Services = {
  sqs: SQSClient
  sqsUrl: string
  dynamodbUrl: string
  /** The queues are embedded and end with this process. */
  isSqsOwn: boolean
  provisioned: Provisioned
  /** How the table accepts several new items in one request, if it does. */
  inserts: InsertMode | undefined
  close: () => Promise<void>
}

const PREFIX = "Ringback"

type Spawn = (options: EngineOptions & { dataDir: string }) => Promise<Engine>

/**
 * SQS and DynamoDB, as named in the settings or embedded, with all queues and the table. `onEnded`
 * is called if an embedded one ends by itself.
 */
export async function startServices(
  settings: Settings,
  dir: DataDir,
  onEnded: (error: Error) => void,
): Promise<Services> {
  const engines: Engine[] = []
  const embed = async (name: string, spawn: Spawn, port: number) => {
    const ended = (how: string) => onEnded(new Error(`the embedded ${name} ended (${how})`))
    const options = { dataDir: dir.path, port, onEnded: ended }
    const engine = await spawn(options).catch((error: unknown) => {
      throw listenError(error, `RINGBACK_${name.toUpperCase()}_PORT`, port)
    })
    engines.push(engine)
    return engine
  }
  const close = async () => void (await Promise.all(engines.map((engine) => engine.close())))
  try {
    setCredentials(settings)
    await checkServices(settings)
    const { sqsPort, dynamodbPort } = settings
    let inserts: InsertMode | undefined
    const embedDynamodb = () => {
      const kind = chooseDynamodb(dir)
      inserts = insertsOf[kind]
      return embed("DynamoDB", (options) => spawnDynamodb(kind, options), dynamodbPort)
    }
    const spawnSqs: Spawn = (options) => spawnEngine("sqs", options)
    const sqsUrl = settings.sqsUrl ?? (await embed("SQS", spawnSqs, sqsPort)).url
    const embedded = settings.dynamodbUrl === undefined ? await embedDynamodb() : undefined
    const dynamodbUrl = settings.dynamodbUrl ?? embedded!.url
    const directUrl = embedded?.directUrl ?? dynamodbUrl
    process.env["AWS_ENDPOINT_URL_SQS"] = sqsUrl
    process.env["AWS_ENDPOINT_URL_DYNAMODB"] = directUrl
    const sqs = new SQSClient({ endpoint: sqsUrl, useQueueUrlAsEndpoint: false, md5: false })
    const dynamodb = new DynamoDBClient({ endpoint: directUrl })
    const isEmbedded = settings.dynamodbUrl === undefined
    const provisioned = await provision({ sqs, dynamodb, prefix: PREFIX, isEmbedded })
    if (settings.sqsUrl !== undefined) await probeSqs(sqs)
    if (!isEmbedded) inserts = await probeDynamodb(dynamodb, provisioned.tableName)
    dynamodb.destroy()
    const isSqsOwn = settings.sqsUrl === undefined
    return { sqs, sqsUrl, isSqsOwn, dynamodbUrl, provisioned, inserts, close }
  } catch (error) {
    await close()
    throw error
  }
}

// The embedded SQS identifies its queues by region and would create them again in another one, so
// the region is always the same.
function setCredentials(settings: Settings) {
  const isAllExternal = settings.sqsUrl !== undefined && settings.dynamodbUrl !== undefined
  if (!isAllExternal) process.env["AWS_REGION"] = "us-east-1"
  process.env["AWS_REGION"] ??= process.env["AWS_DEFAULT_REGION"] ?? "us-east-1"
  if (isAllExternal && process.env["AWS_PROFILE"]) return
  process.env["AWS_ACCESS_KEY_ID"] ??= "local"
  process.env["AWS_SECRET_ACCESS_KEY"] ??= "local"
}

/** The error to show if something could not listen on its port. */
export function listenError(error: unknown, setting: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === "EADDRINUSE") {
    return new SettingError(setting, `port ${port} is taken; set another, or 0 for any free one`)
  }
  if (code === "EACCES") return new SettingError(setting, `port ${port} may not be used`)
  return error
}
