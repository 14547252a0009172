import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { formatSourceToken } from "@ringback/events/token"
import { startAmiServer } from "@ringback/local/ami-server"
import { insertsOf } from "@ringback/local/dynamodb-engine"
import type { DynamodbKind } from "@ringback/local/engines"
import { provision } from "@ringback/local/provision"
import { linkResources } from "@ringback/local/resources"
import * as Endpoint from "@ringback/store/endpoint"
import { makeSealer } from "@ringback/store/seal"
import * as Source from "@ringback/store/source"
import * as Tenant from "@ringback/store/tenant"
import { makeClients } from "../harness/stack.ts"
import { type Child, startChild } from "./child.ts"

export const roles = ["collector", "workers", "sqs", "dynamodb"] as const
export type Role = (typeof roles)[number]

type OnWebhook = (body: string, path: string) => void

export type Bench = {
  children: Record<Role, Child>
  /** Which DynamoDB it runs on. */
  engine: string
  say: (text: string) => void
  /** Where this process receives, with a slash at the end. */
  receiverUrl: string
  /** Another endpoint of the same tenant, which wants every event. */
  addEndpoint: (url: string) => Promise<void>
  close: () => Promise<void>
}

/** PBX and receiver in this process; collector, workers and both engines in one of their own each. */
export async function setUp(onWebhook: OnWebhook): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), "ringback-bench-"))
  const [sqsChild, dynamodbChild] = await Promise.all([
    startChild("sqs", { BENCH_DIR: dir }),
    startChild("dynamodb", { BENCH_DIR: dir }),
  ])
  const urls = { sqsUrl: sqsChild.started["url"]!, dynamodbUrl: dynamodbChild.started["url"]! }
  const clients = makeClients(urls)
  const provisioned = await provision({ ...clients, prefix: "Bench" })
  const receiver = await startReceiver(onWebhook)
  const pbx = await startAmiServer({ username: "bench", secret: "bench" })

  const dataKey = randomBytes(32)
  const dataKeyPath = join(dir, "data-key")
  await writeFile(dataKeyPath, dataKey)
  const table = {
    client: clients.dynamodb,
    name: provisioned.tableName,
    now: Date.now,
    sealer: makeSealer(dataKey),
    retentionMs: 30 * 86_400_000,
  }
  const tenant = await Tenant.create(table, { name: "bench" })
  const { source, key } = await Source.create(table, tenant.id, { name: "bench" })
  const addEndpoint = async (url: string) => {
    const secret = `whsec_${randomBytes(32).toString("base64")}`
    await Endpoint.create(table, tenant.id, { ...endpoint, url }, secret)
  }
  await addEndpoint(receiver.url)

  const aws = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_SQS: urls.sqsUrl,
    AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodbUrl,
  }
  const engine = dynamodbChild.started["engine"] as DynamodbKind
  const inserts = insertsOf[engine]
  const settings = {
    allowedNetworks: "127.0.0.0/8",
    apiRateLimit: 0,
    maxEndpoints: 200,
    crmUrls: {},
  }
  const files = { operatorKey: "none", dataKeyPath, logPath: join(dir, "log") }
  const workers = await startChild("workers", {
    ...aws,
    SST_RESOURCES_JSON: linkResources(
      settings,
      { provisioned, inserts },
      files,
      "http://127.0.0.1:3000",
    ),
    BENCH_PROVISIONED: JSON.stringify(provisioned),
  })
  const collector = await startChild("collector", {
    ...aws,
    AMI_HOST: "127.0.0.1",
    AMI_PORT: String(pbx.port),
    AMI_USERNAME: "bench",
    AMI_SECRET: "bench",
    RINGBACK_SOURCE_TOKEN: formatSourceToken({ tenant: tenant.id, source: source.id, ...key }),
    RINGBACK_INGEST_QUEUE_URL: provisioned.queues.Ingest.url,
    RINGBACK_SPOOL_DIR: join(dir, "spool"),
    RINGBACK_HEALTH_PORT: "0",
  })
  await pbx.begun
  const children = { collector, workers, sqs: sqsChild, dynamodb: dynamodbChild }
  return {
    children,
    engine,
    say: pbx.say,
    receiverUrl: receiver.url,
    addEndpoint,
    async close() {
      await Promise.all(Object.values(children).map((child) => child.stop()))
      pbx.close()
      receiver.close()
      clients.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

const endpoint = {
  eventTypes: null,
  sources: null,
  filter: null,
  order: "any" as const,
  description: null,
  headers: {},
  rateLimit: null,
  metadata: {},
  disabled: false,
  signing: "hmac" as const,
}

async function startReceiver(onWebhook: OnWebhook) {
  const server = createServer((request, response) => {
    let body = ""
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk))
    request.on("end", () => {
      onWebhook(body, request.url!)
      response.writeHead(204).end()
    })
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const { port } = server.address() as AddressInfo
  const close = () => (server.close(), server.closeAllConnections())
  return { url: `http://127.0.0.1:${port}/`, close }
}
