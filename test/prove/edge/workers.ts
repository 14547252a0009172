import { CreateTableCommand } from "@aws-sdk/client-dynamodb"
import { randomBytes, randomUUID } from "node:crypto"
import type { SQSClient } from "@aws-sdk/client-sqs"
import { ingestHandler, type IngestDeps } from "@ringback/functions/ingest"
import { makeCache } from "@ringback/functions/runtime/cache"
import { makeContext, makeRecord } from "@ringback/local/lambda"
import type { Matching } from "@ringback/store/endpoint"
import type { Marker } from "@ringback/store/erasure"
import { makeSealer } from "@ringback/store/seal"
import type { Known } from "@ringback/store/source"
import { table as tableFacts } from "../../../infra/facts.ts"
import { type Customer, makeCustomer, makeEndpoint } from "../../harness/system.ts"
import type { Chance } from "../chance.ts"
import type { Simulation } from "./simulation.ts"
import { makeTableClient } from "./table.ts"

const CACHED_MS = 10_000
const DAY_MS = 24 * 3600 * 1000
const BATCH = 10
const AWAY_MS = 1_000
const VISIBILITY_MS = 180_000

/** A webhook as a receiver gets it. */
export type Webhook = {
  type: string
  id: string
  timestamp: string
  version: string
  synthetic?: true
  data: Record<string, unknown>
}

type Waiting = { id: string; body: string; holds: string | undefined }
type Sent = {
  QueueUrl: string
  MessageBody: string
  DelaySeconds?: number
  MessageAttributes?: Record<string, { StringValue: string }>
  Entries?: { Id: string; MessageBody: string }[]
}
type Command = { input: Sent; constructor: { name: string } }

type Log = (who: string, event: string, fields?: object) => void

/** A line of a log. */
export type LogLine = { event: string } & Record<string, unknown>

/** The table of a process, for history after history. */
export async function makeTable(): Promise<{
  client: ReturnType<typeof makeTableClient>
  name: string
}> {
  const client = makeTableClient()
  const { hashKey, rangeKey } = tableFacts.primaryIndex
  await client.send(
    new CreateTableCommand({
      TableName: "table",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [hashKey, rangeKey].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S",
      })),
      KeySchema: [
        { AttributeName: hashKey, KeyType: "HASH" },
        { AttributeName: rangeKey, KeyType: "RANGE" },
      ],
    }),
  )
  // The embedded one makes a table in a turn of its own.
  await new Promise((resolve) => setTimeout(resolve, 10))
  return { client, name: "table" }
}

/** The ingest queue and what works on it: messages come in any order, now and then twice. */
export class Workers {
  readonly webhooks = new Map<string, Webhook>()
  readonly rejected: string[] = []
  readonly lines: LogLine[] = []
  customer!: Customer
  /** SQS is away for collectors and workers alike. */
  queue = { isAway: false }
  #simulation: Simulation
  #chance: Chance
  #visible: Waiting[] = []
  #isPolling = false
  #deps: IngestDeps
  #count = 0
  #log: Log

  static async start(
    simulation: Simulation,
    chance: Chance,
    table: Awaited<ReturnType<typeof makeTable>>,
    log: Log,
  ): Promise<Workers> {
    const workers = new Workers(simulation, chance, table, log)
    workers.customer = await makeCustomer(workers.#deps)
    await makeEndpoint(workers.#deps, workers.customer.tenant, "https://receiver.example/")
    return workers
  }

  private constructor(
    simulation: Simulation,
    chance: Chance,
    { client, name }: Awaited<ReturnType<typeof makeTable>>,
    log: Log,
  ) {
    this.#log = log
    this.#simulation = simulation
    this.#chance = chance
    const now = () => simulation.now
    const sealer = makeSealer(randomBytes(32))
    this.#deps = {
      table: { client, name, now, sealer, retentionMs: 30 * DAY_MS },
      sqs: { send: async (command: unknown) => this.#take(command as Command) } as SQSClient,
      queues: {
        ingestUrl: "ingest",
        deliveryUrl: "delivery",
        rejectedUrl: "rejected",
        jobsUrl: "jobs",
      },
      sources: makeCache<Known | undefined>(now, CACHED_MS),
      endpoints: makeCache<Matching[]>(now, CACHED_MS),
      erased: makeCache<Marker>(now, CACHED_MS),
      log: (event, fields) => {
        this.lines.push({ event, ...fields })
        if ("reasons" in fields || event !== "batch.ingested") log("workers", event, fields)
      },
    }
  }

  /** Puts a message into the ingest queue. */
  put(body: string, holds?: string, delayMs = 0): void {
    const waiting = { id: randomUUID(), body, holds }
    const twiceAfterMs = this.#chance.between(0, 20_000, "twice after", ++this.#count)
    const show = () => {
      this.#visible.push(waiting)
      this.#poll()
    }
    this.#simulation.schedule(delayMs, show)
    if (this.#chance.is(0.05, "twice", this.#count))
      this.#simulation.schedule(delayMs + twiceAfterMs, show)
  }

  #poll(): void {
    if (this.#isPolling) return
    this.#isPolling = true
    const pollMs = this.#chance.between(5, 150, "poll", ++this.#count)
    const delayMs = this.queue.isAway ? AWAY_MS : pollMs
    this.#simulation.schedule(delayMs, () => this.#work())
  }

  async #work(): Promise<void> {
    if (this.queue.isAway) {
      this.#isPolling = false
      return this.#poll()
    }
    const mixed = this.#chance.shuffle(this.#visible, "mix", ++this.#count)
    const batch = mixed.slice(0, BATCH)
    this.#visible = mixed.slice(BATCH)
    this.#isPolling = false
    if (this.#visible.length > 0) this.#poll()
    const Records = batch.map(({ id, body, holds }) =>
      makeRecord(
        {
          MessageId: id,
          Body: body,
          Attributes: { ApproximateReceiveCount: "1" },
          ...(holds && {
            MessageAttributes: { holds: { DataType: "Number", StringValue: holds } },
          }),
        },
        "ingest",
      ),
    )
    const answer = await ingestHandler(this.#deps)({ Records }, makeContext(30_000))
    for (const { itemIdentifier } of answer.batchItemFailures) {
      const { body, holds } = batch.find(({ id }) => id === itemIdentifier)!
      this.put(body, holds, VISIBILITY_MS)
    }
  }

  #take({ input }: Command): object {
    const { QueueUrl, MessageBody, DelaySeconds = 0, MessageAttributes, Entries } = input
    if (QueueUrl === "ingest") {
      this.put(MessageBody, MessageAttributes?.["holds"]?.StringValue, DelaySeconds * 1_000)
    } else if (QueueUrl === "rejected") {
      this.rejected.push(MessageAttributes?.["reason"]?.StringValue ?? "no reason")
    } else for (const { MessageBody: text } of Entries ?? []) this.#deliver(text)
    return { Successful: Entries?.map(({ Id }) => ({ Id })), Failed: [] }
  }

  #deliver(text: string): void {
    const { body } = JSON.parse(text) as { body: string }
    const webhook = JSON.parse(body) as Webhook
    if (this.webhooks.has(webhook.id)) return
    this.webhooks.set(webhook.id, webhook)
    const { type, synthetic, data } = webhook
    this.#log("webhook", type, type === "source.gap" ? data : { synthetic, uuid: data["uuid"] })
  }
}
