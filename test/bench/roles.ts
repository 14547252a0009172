import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { SQSClient } from "@aws-sdk/client-sqs"
import diagnostics from "node:diagnostics_channel"
import type { IncomingMessage } from "node:http"
import { startDynalite } from "@ringback/local/dynalite-engine"
import { startSqs } from "@ringback/local/engines"
import { type Handlers, loadHandlers, startWorkers } from "@ringback/local/workers"

// A process of the benchmark: one part of Ringback, which tells its CPU time and its counts when asked.
const counts: Record<string, number> = {}
const count = (name: string, by = 1) => (counts[name] = (counts[name] ?? 0) + by)

const CHUNK_BYTES = 65_536
const { env } = process

const roles: Record<string, () => Promise<Record<string, string>>> = {
  async sqs() {
    countRequests((bytes) => Math.max(1, Math.ceil(bytes / CHUNK_BYTES)))
    return { url: (await startSqs({ dataDir: env["BENCH_DIR"] })).url }
  },
  async dynamodb() {
    countRequests(() => 1)
    return { url: (await startDynalite({ dataDir: env["BENCH_DIR"] })).url }
  },
  async collector() {
    // The role is no option of the collector.
    process.argv.length = 2
    await import("@ringback/collector/main")
    return {}
  },
  async workers() {
    countCapacity()
    const handlers = await loadHandlers()
    const sqs = new SQSClient({ useQueueUrlAsEndpoint: false })
    const provisioned = JSON.parse(env["BENCH_PROVISIONED"]!)
    const onError = (error: unknown) => console.error(error)
    startWorkers({ sqs, provisioned, handlers: countInvocations(handlers), onError })
    return {}
  },
}

/** By operation, as the engine gets them; SQS charges a request for each 64 KB. */
function countRequests(toRequests: (bytes: number) => number) {
  diagnostics.subscribe("http.server.request.start", (message) => {
    const { headers } = (message as { request: IncomingMessage }).request
    const [, operation = "other"] = String(headers["x-amz-target"]).split(".")
    count(operation, toRequests(Number(headers["content-length"] ?? 0)))
  })
}

/** DynamoDB's units, asked for with each call. The index units are not in dynalite's answer. */
function countCapacity() {
  const { send } = DynamoDBClient.prototype
  DynamoDBClient.prototype.send = async function (this: DynamoDBClient, ...args: never[]) {
    const [command] = args as unknown as [{ input: object; constructor: { name: string } }]
    Object.assign(command.input, { ReturnConsumedCapacity: "TOTAL" })
    const result = await (send as (...args: never[]) => Promise<Consumed>).apply(this, args)
    const isRead = /^(Get|Query|BatchGet|Scan)/.test(command.constructor.name)
    count(isRead ? "read units" : "write units", result.ConsumedCapacity?.CapacityUnits ?? 0)
    return result
  } as typeof send
}

type Consumed = { ConsumedCapacity?: { CapacityUnits?: number } }

function countInvocations(handlers: Handlers): Handlers {
  const wrapped = Object.entries(handlers).map(([name, handler]) => [
    name,
    async (...args: Parameters<typeof handler>) => {
      const startedAt = performance.now()
      const result = await (handler as (...args: unknown[]) => Promise<unknown>)(...args)
      count("invocations")
      count("billed ms", performance.now() - startedAt)
      return result
    },
  ])
  return Object.fromEntries(wrapped)
}

const started = await roles[process.argv[2]!]!()
process.on("message", () => {
  const { user, system } = process.cpuUsage()
  process.send!({ cpuMs: (user + system) / 1000, counts })
})
process.send!(started)
