import { ReceiveMessageCommand, SendMessageBatchCommand } from "@aws-sdk/client-sqs"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { exampleHeaders } from "@ringback/events/documented-event-types"
import { sealMessage } from "@ringback/events/message"
import { makeContext, makeRecord } from "@ringback/local/lambda"
import { provision } from "@ringback/local/provision"
import { makeClients, type Stack } from "../harness/stack.ts"
import {
  eventMessage,
  handlersOf,
  makeCustomer,
  makeDeps,
  makeEndpoint,
} from "../harness/system.ts"
import { startChild } from "./child.ts"

// The processor time of ingest and of deliver, an event, in full batches with one endpoint, as Lambda runs them: one
// invocation at a time, new items by BatchExecuteStatement, and neither the engines, nor the poller's receives and deletions,
// nor the receiver in this process.

const BATCH = 10
const WARM_UP = 100
const BATCHES = Number(process.env["BENCH_BATCHES"] ?? 100)

const RECEIVER = `
  const server = require("node:http").createServer((request, response) =>
    request.resume().on("end", () => response.writeHead(204).end()))
  server.listen(0, "127.0.0.1", () => console.log(server.address().port))`

const dir = await mkdtemp(join(tmpdir(), "ringback-bench-"))
const receiver = spawn(process.execPath, ["-e", RECEIVER], { stdio: ["ignore", "pipe", "inherit"] })
const [said] = (await once(receiver.stdout, "data")) as [Buffer]
const engines = await Promise.all([
  startChild("sqs", { BENCH_DIR: dir }),
  startChild("dynamodb", { BENCH_DIR: dir }),
])
const [sqsUrl, dynamodbUrl] = [engines[0].started["url"]!, engines[1].started["url"]!]
const clients = makeClients({ sqsUrl, dynamodbUrl })
const provisioned = await provision({ ...clients, prefix: "Bench" })
const stack: Stack = {
  ...clients,
  ...provisioned,
  sqsUrl,
  dynamodbUrl,
  prefix: "Bench",
  inserts: "statements",
  close: async () => clients.close(),
}
const deps = makeDeps(stack)
const handlers = handlersOf(deps)
const customer = await makeCustomer(deps)
await makeEndpoint(deps, customer.tenant, `http://127.0.0.1:${String(said).trim()}/`)

async function send() {
  const Entries = Array.from({ length: BATCH }, (_, index) => {
    const headers = exampleHeaders("dialing.updated", { now: Date.now(), makeUuid: randomUUID })!
    const MessageBody = sealMessage(eventMessage(customer, headers), customer.source.key)
    return { Id: String(index), MessageBody }
  })
  const QueueUrl = stack.queues.Ingest.url
  await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
}

/** One invocation. The CPU ms of its handler alone. */
async function invoke(name: "Ingest" | "Delivery"): Promise<number> {
  const { url } = stack.queues[name]
  const request = { QueueUrl: url, MaxNumberOfMessages: BATCH, WaitTimeSeconds: 5 }
  const all = { MessageSystemAttributeNames: ["All" as const], MessageAttributeNames: ["All"] }
  const { Messages = [] } = await clients.sqs.send(
    new ReceiveMessageCommand({ ...request, ...all }),
  )
  if (Messages.length !== BATCH) throw new Error(`${Messages.length} messages in a batch`)
  const event = { Records: Messages.map((message) => makeRecord(message, url)) }
  const before = process.cpuUsage()
  const { batchItemFailures } = await handlers[name](event, makeContext(60_000))
  const { user, system } = process.cpuUsage(before)
  if (batchItemFailures.length > 0) throw new Error(`${name} left ${batchItemFailures.length}`)
  return (user + system) / 1000
}

const spent = { Ingest: [] as number[], Delivery: [] as number[] }
for (let batch = 0; batch < WARM_UP + BATCHES; batch++) {
  await send()
  for (const name of ["Ingest", "Delivery"] as const) {
    const cpuMs = await invoke(name)
    if (batch >= WARM_UP) spent[name].push(cpuMs / BATCH)
  }
}
console.log(`load average ${loadavg()[0]!.toFixed(1)}, ${BATCHES} batches of ${BATCH}`)
for (const [name, all] of Object.entries(spent)) {
  const mean = all.reduce((sum, each) => sum + each, 0) / all.length
  const median = all.toSorted((a, b) => a - b)[all.length >> 1]!
  console.log(
    `${name.padEnd(10)} CPU ms an event: mean ${mean.toFixed(2)}, median ${median.toFixed(2)}`,
  )
}
receiver.kill()
await Promise.all(engines.map((engine) => engine.stop()))
await rm(dir, { recursive: true, force: true })
process.exit(0)
