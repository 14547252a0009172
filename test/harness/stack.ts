import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { SQSClient } from "@aws-sdk/client-sqs"
import { lean, withoutMd5 } from "@ringback/functions/runtime/clients"
import { insertsOf } from "@ringback/local/dynamodb-engine"
import type { InsertMode } from "@ringback/store/insert"
import { type DynamodbKind, type Engines, startEngines } from "@ringback/local/engines"
import { provision, type Provisioned } from "@ringback/local/provision"
import { randomUUID } from "node:crypto"

export const region = "us-east-1"
export const credentials = { accessKeyId: "local", secretAccessKey: "local" }

type Clients = { sqs: SQSClient; dynamodb: DynamoDBClient }
type Urls = { sqsUrl: string; dynamodbUrl: string }

/** The real SDK's clients as the functions have them, on services that run somewhere. */
export function makeClients({
  sqsUrl = "http://127.0.0.1:9",
  dynamodbUrl = "http://127.0.0.1:9",
}: Partial<Urls>): Clients & { close: () => void } {
  const common = { region, credentials }
  const forSqs = { endpoint: sqsUrl, useQueueUrlAsEndpoint: false, ...withoutMd5 }
  const sqs = lean(new SQSClient({ ...common, ...forSqs }))
  const dynamodb = lean(new DynamoDBClient({ ...common, endpoint: dynamodbUrl }))
  const close = () => {
    sqs.destroy()
    dynamodb.destroy()
  }
  return { sqs, dynamodb, close }
}

export type Services = Clients &
  Urls & {
    /** How the table takes several new items in one request, if it does. */
    inserts?: InsertMode | undefined
    close: () => Promise<void>
  }

type Options = {
  /** The test moves the clock: a service that runs elsewhere has one of its own, so the embedded ones are used. */
  isClockMoved?: boolean
  kind?: DynamodbKind | undefined
}

/** Both services with clients: those named in the environment, else engines in memory, DynamoDB by TEST_DYNAMODB or dynalite. */
export async function startServices({
  isClockMoved = false,
  kind = dynamodbKind(),
}: Options = {}): Promise<Services> {
  const named = (name: string) => (isClockMoved ? undefined : process.env[name])
  const sqsUrl = named("AWS_ENDPOINT_URL_SQS")
  const dynamodbUrl = named("AWS_ENDPOINT_URL_DYNAMODB")
  const engines: Engines | undefined =
    sqsUrl && dynamodbUrl ? undefined : await startEngines({ dynamodb: kind })
  const urls = {
    sqsUrl: sqsUrl || engines!.sqsUrl,
    dynamodbUrl: dynamodbUrl || engines!.dynamodbUrl,
  }
  const { close: closeClients, ...clients } = makeClients(urls)
  const close = async () => {
    closeClients()
    await engines?.close()
  }
  return { ...clients, ...urls, inserts: dynamodbUrl ? undefined : insertsOf[kind], close }
}

const dynamodbKind = (): DynamodbKind =>
  process.env["TEST_DYNAMODB"] === "dynoxide" ? "dynoxide" : "dynalite"

export type Stack = Services &
  Provisioned & {
    /** Unique, so that tests on shared services do not see each other. */
    prefix: string
  }

/** Both services with the queues and the table of one test. */
export async function startStack(options: Options = {}): Promise<Stack> {
  const services = await startServices(options)
  const prefix = `t${randomUUID().slice(0, 8)}`
  return { ...services, prefix, ...(await provision({ ...services, prefix })) }
}
