import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs"
import { randomBytes } from "node:crypto"
import { sealMessage, type EventMessage, type IngestMessage } from "@ringback/events/message"
import { parseNetworks } from "@ringback/webhooks/address"
import { makeSender, type Sender } from "@ringback/webhooks/send"
import { makeSecret } from "@ringback/webhooks/secret"
import { makeOutbound, type Outbound } from "@ringback/functions/endpoint-kinds/send-by-kind"
import { makeTestSender, TEST_LIMIT_MS } from "@ringback/functions/endpoint/test-sender"
import { makeCaches } from "@ringback/functions/endpoint/caches"
import type { Deps as ApiDeps } from "@ringback/functions/api/deps"
import { deliverHandler } from "@ringback/functions/deliver"
import { ingestHandler, type IngestDeps } from "@ringback/functions/ingest"
import { jobsHandler, type JobsDeps } from "@ringback/functions/jobs"
import type { DeliverDeps } from "@ringback/functions/endpoint/cached-endpoint"
import { releaseHandler } from "@ringback/functions/release"
import { makeTurns } from "@ringback/functions/runtime/turns"
import { makeSlowness } from "@ringback/functions/endpoint/slow-endpoints"
import { makeContext, makeRecord } from "@ringback/local/lambda"
import * as Endpoint from "@ringback/store/endpoint"
import { makeInsert } from "@ringback/store/insert"
import { makeSealer } from "@ringback/store/seal"
import * as Source from "@ringback/store/source"
import type { Metrics } from "@ringback/telemetry/metric"
import type { Tracing } from "@ringback/telemetry/tracing"
import type { Table } from "@ringback/store/table"
import * as Tenant from "@ringback/store/tenant"
import { queues, type QueueName } from "../../infra/facts.ts"
import { queueUrlsOf } from "./queue-urls.ts"
import type { Stack } from "./stack.ts"

const CACHED_MS = 10_000
// A receiver that a test lets hang may do so for as long as a busy machine makes the test wait, and one that answers is
// never too slow. `test/webhooks/` has the limits of an attempt.
const PATIENCE_MS = 300_000
const timeouts = { lookupMs: PATIENCE_MS, connectMs: PATIENCE_MS, totalMs: PATIENCE_MS }
const DAY_MS = 24 * 3600 * 1000

export type Deps = IngestDeps &
  DeliverDeps &
  JobsDeps & {
    queues: ApiDeps["queues"]
    outbound: Outbound
    testOutbound: Outbound
  }

export type SystemOptions = {
  now?: () => number
  random?: () => number
  sender?: Pick<Sender, "send"> & Partial<Sender>
  crmUrls?: Partial<Record<string, string>>
  /** Clients through which the functions see the services, where that is not the stack's own. */
  clients?: Pick<Stack, "sqs" | "dynamodb">
  log?: (event: string, fields: Record<string, unknown>) => void
  tracing?: Tracing | undefined
  metrics?: Metrics | undefined
  /** Left out: as `now`, which is never set back then. */
  monotonic?: () => number
  /** What secrets in the table are sealed with; that of the test's process where it is left out. */
  dataKey?: Buffer
}

/** The functions' collaborators on a test's stack, as resources.ts makes them on AWS. */
export function makeDeps(stack: Stack, options: SystemOptions = {}): Deps {
  const { now = Date.now, random = Math.random, clients = stack } = options
  const table: Table = {
    client: clients.dynamodb,
    name: stack.tableName,
    now,
    sealer: makeSealer(options.dataKey ?? ownDataKey),
    retentionMs: 30 * DAY_MS,
    insert: stack.inserts && makeInsert(clients.dynamodb, stack.tableName, stack.inserts),
  }
  const allowedNetworks = parseNetworks("127.0.0.0/8,::1/128")
  const sending = { allowedNetworks, userAgent: "Ringback/test" }
  const outboundOf = (sender: Pick<Sender, "send"> & Partial<Sender>, more: object = {}) => {
    const ask = sender.ask ?? (() => Promise.reject(new Error("this sender is asked nothing")))
    const { crmUrls = {} } = options
    return makeOutbound({ table, sender: { ask, send: sender.send }, crmUrls, ...more })
  }
  return {
    table,
    sqs: clients.sqs,
    queues: queueUrlsOf(stack),
    outbound: outboundOf(options.sender ?? makeSender({ ...sending, timeouts })),
    testOutbound: outboundOf(options.sender ?? makeTestSender(sending), { limitMs: TEST_LIMIT_MS }),
    ...makeCaches(table, CACHED_MS, options.monotonic ?? now),
    slowness: makeSlowness(now),
    turns: makeTurns(),
    random,
    log: options.log ?? (() => {}),
    tracing: options.tracing,
    metrics: options.metrics,
  }
}

const ownDataKey = randomBytes(32)

export const handlersOf = (deps: Deps) => ({
  Ingest: ingestHandler(deps),
  Delivery: deliverHandler(deps),
  Retry: deliverHandler(deps),
  Jobs: jobsHandler(deps),
  release: releaseHandler(deps),
})

/** One receive, one invocation, one deletion, by hand: nothing runs that a test did not ask for. The number received. */
export async function pump(
  stack: Stack,
  deps: Deps,
  name: QueueName,
  sqs: SQSClient = stack.sqs,
  batchSize: number = queues[name].batchSize,
): Promise<number> {
  const { url } = stack.queues[name]
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: batchSize,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    }),
  )
  if (Messages.length === 0) return 0
  const context = makeContext(queues[name].timeoutSeconds * 1000)
  const event = { Records: Messages.map((message) => makeRecord(message, url)) }
  const answer = await handlersOf(deps)[name](event, context)
  const stays = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
  const done = Messages.filter(({ MessageId }) => !stays.has(MessageId!))
  if (done.length > 0) {
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: url,
        Entries: done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    )
  }
  return Messages.length
}

/** Pumps all queues until nothing is visible in any; with collaborators of its own for each, where a function is given. */
export async function pumpAll(
  stack: Stack,
  deps: Deps | ((name: QueueName) => Deps),
): Promise<void> {
  const of = typeof deps === "function" ? deps : () => deps
  for (let moved = 1; moved > 0;) {
    moved = 0
    for (const name of Object.keys(queues) as QueueName[]) {
      moved += await pump(stack, of(name), name)
    }
  }
}

export type Customer = { tenant: string; source: Source.KeyedSource }

export async function makeCustomer({ table }: Pick<Deps, "table">): Promise<Customer> {
  const { id: tenant } = await Tenant.create(table, { name: "Acme" })
  return { tenant, source: await Source.create(table, tenant, { name: "PBX" }) }
}

type EndpointSettings = Partial<Endpoint.Settings & Endpoint.Permission> & {
  signing?: "hmac" | "ed25519"
  pull?: boolean
  secret?: string
  /** Of how many the tenant may have. */
  limit?: number
}

export async function makeEndpoint(
  { table }: Pick<Deps, "table">,
  tenant: string,
  url: string,
  { secret, signing = "hmac", limit = Infinity, ...settings }: EndpointSettings = {},
): Promise<{ endpoint: Endpoint.Endpoint; secret: string }> {
  const text = secret ?? makeSecret(signing)
  const all = {
    url,
    eventTypes: null,
    sources: null,
    filter: null,
    order: "any" as const,
    description: null,
    headers: {},
    rateLimit: null,
    metadata: {},
    disabled: false,
    signing,
    ...settings,
  }
  return { endpoint: await Endpoint.create(table, tenant, all, text, { limit }), secret: text }
}

const randomId = () => randomBytes(16).toString("base64url")

/** An event message as a collector makes it. */
export function eventMessage(
  { tenant, source }: Customer,
  headers: [string, string][],
  rest: Partial<EventMessage> = {},
): EventMessage {
  return {
    v: 1,
    kind: "event",
    id: randomId(),
    tenant,
    source: source.source.id,
    collector: "A".repeat(22),
    receivedAt: Date.now(),
    headers,
    ...rest,
  }
}

export async function sendToIngest(
  stack: Stack,
  { source }: Customer,
  message: IngestMessage,
): Promise<void> {
  await stack.sqs.send(
    new SendMessageCommand({
      QueueUrl: stack.queues.Ingest.url,
      MessageBody: sealMessage(message, source.key),
    }),
  )
}

/** Whether nothing waits in any queue that has a function: neither visible, nor in flight, nor delayed. */
export async function isQuiet({ sqs, queues: made }: Stack): Promise<boolean> {
  const counts = await Promise.all(
    Object.values(made).map(async ({ url }) => {
      const answer = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }),
      )
      const attributes: Record<string, string> = answer.Attributes ?? {}
      return ["", "NotVisible", "Delayed"]
        .map((suffix) => Number(attributes[`ApproximateNumberOfMessages${suffix}`]))
        .reduce((sum, count) => sum + count, 0)
    }),
  )
  return counts.every((count) => count === 0)
}
