import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { SQSClient } from "@aws-sdk/client-sqs"
import diagnostics from "node:diagnostics_channel"
import type { IncomingMessage } from "node:http"
import { startDynalite } from "@ringback/local/dynalite-engine"
import { findDynoxide, startDynoxide } from "@ringback/local/dynoxide-engine"
import { startSqs } from "@ringback/local/engines"
import { cpuOfChildren } from "./cpu.ts"
import { type Causes, startProfile } from "./profile.ts"
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
    const dataDir = env["BENCH_DIR"]
    if (!findDynoxide()) return { url: (await startDynalite({ dataDir })).url, engine: "dynalite" }
    return { url: (await startDynoxide({ dataDir })).directUrl, engine: "dynoxide" }
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
    const sqs = new SQSClient({ useQueueUrlAsEndpoint: false, md5: false })
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

/** DynamoDB's calls and units, asked for with each. The index units are not in the engine's answer. */
function countCapacity() {
  const { send } = DynamoDBClient.prototype
  DynamoDBClient.prototype.send = async function (this: DynamoDBClient, ...args: never[]) {
    const [command] = args as unknown as [{ input: object; constructor: { name: string } }]
    Object.assign(command.input, { ReturnConsumedCapacity: "TOTAL" })
    const result = await (send as (...args: never[]) => Promise<Consumed>).apply(this, args)
    const operation = command.constructor.name.replace(/Command$/, "")
    count(`DynamoDB ${operation}`)
    const isRead = /^(Get|Query|BatchGet|Scan)/.test(operation)
    // Of each table, where there may be several: this product has one.
    const consumed = [result.ConsumedCapacity ?? []].flat()
    for (const { CapacityUnits = 0 } of consumed)
      count(isRead ? "read units" : "write units", CapacityUnits)
    return result
  } as typeof send
}

type Units = { CapacityUnits?: number }
type Consumed = { ConsumedCapacity?: Units | Units[] }

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
let stopProfile: (() => Promise<Causes>) | undefined
process.on("message", async (asked) => {
  if (asked === "profile") {
    stopProfile = await startProfile()
    return process.send!({})
  }
  const causes = (await stopProfile?.()) ?? {}
  stopProfile = undefined
  const { user, system } = process.cpuUsage()
  return process.send!({ cpuMs: (user + system) / 1000 + cpuOfChildren(), counts, causes })
})
process.send!(started)
