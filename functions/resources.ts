import { Resource } from "sst"
import { type InsertMode, makeInsert } from "@ringback/store/insert"
import { makeSealer, type Sealer } from "@ringback/store/seal"
import type { Table } from "@ringback/store/table"
import { parseNetworks } from "@ringback/webhooks/address"
import { resolveHost } from "@ringback/webhooks/resolve"
import { makeSender } from "@ringback/webhooks/send"
import { makeTestSender, TEST_LIMIT_MS } from "./endpoint/test-sender.ts"
import { limitUnwritten } from "./deliver/unsaved-outcomes.ts"
import { makeCaches } from "./endpoint/caches.ts"
import { makeDynamodb, makeSqs } from "./runtime/clients.ts"
import { readDataKey, type DataKeyResource } from "./runtime/data-key.ts"
import { makeLogger, reasonOf, type Logger } from "./runtime/log.ts"
import { memoized } from "./runtime/memoized.ts"
import { makeSlowness } from "./endpoint/slow-endpoints.ts"
import { makeOutbound } from "./endpoint-kinds/send-by-kind.ts"
import { makeTurns } from "./runtime/turns.ts"
import { openTelemetry, type Telemetry } from "./runtime/telemetry.ts"
import { version } from "./runtime/version.ts"

const DAY_MS = 24 * 3600 * 1000
const MIN_RETENTION_DAYS = 14
const MAX_KEYS = 100
const MAX_SOURCES = 100
/** Maximum age of cached data. Much less on a laptop, where reads cost nothing. */
const CACHED_MS = 10_000

/** The resources that are linked to a function, as SST provides them. */
export type Linked = {
  Table: { name: string }
  IngestQueue: { url: string }
  DeliveryQueue: { url: string }
  RetryQueue: { url: string }
  JobsQueue: { url: string }
  RejectedQueue: { url: string }
  IngestDeadLetters: { url: string }
  DeliveryDeadLetters: { url: string }
  RetryDeadLetters: { url: string }
  JobsDeadLetters: { url: string }
  OperatorKey: { value: string }
  /** The URL of the API: the stage's domain, or the address that AWS assigned. */
  Api: { url: string }
  DataKey: DataKeyResource
  Settings: {
    allowedNetworks: string | string[]
    retentionDays: number
    apiRateLimit: number
    /** Endpoints per tenant. */
    maxEndpoints: number
    /** One machine only: the operator can give endpoints loopback URLs. */
    operatorLoopback?: boolean
    /** One machine only: the URLs of stand-ins for CRMs, by kind. */
    crmUrls?: Partial<Record<string, string>>
    cachedMs?: number
    /** How the table accepts several new items in one request. Absent: it does not. */
    inserts?: InsertMode
    /** Absent: the console, which Lambda reads. */
    logFile?: string
  }
}

/**
 * The collaborators of the functions, created once per process. A function links only what it uses.
 */
export const resources = memoized(() => connect(Resource as unknown as Linked))

export async function connect(linked: Linked) {
  const { Settings: settings } = linked
  const sealer = makeSealer(await readDataKey(linked.DataKey))
  const { table, sqs, log, ...telemetry } = connectServices(linked, sealer)
  const { now } = table
  const cachedMs = settings.cachedMs ?? CACHED_MS
  const allowedNetworks = parseNetworks([settings.allowedNetworks].flat().join(","))
  const { operatorLoopback = false, crmUrls = {} } = settings
  const sending = { allowedNetworks, operatorLoopback, userAgent: `Ringback/${version}` }
  const sender = makeSender(sending)
  const testSender = makeTestSender(sending)
  return {
    table,
    sqs,
    queues: {
      get ingestUrl() {
        return linked.IngestQueue.url
      },
      get deliveryUrl() {
        return linked.DeliveryQueue.url
      },
      get retryUrl() {
        return linked.RetryQueue.url
      },
      get jobsUrl() {
        return linked.JobsQueue.url
      },
      get rejectedUrl() {
        return linked.RejectedQueue.url
      },
      get deadLetters() {
        return {
          ingest: linked.IngestDeadLetters.url,
          delivery: linked.DeliveryDeadLetters.url,
          retry: linked.RetryDeadLetters.url,
          jobs: linked.JobsDeadLetters.url,
        }
      },
    },
    get operatorKey() {
      return linked.OperatorKey.value
    },
    get origin() {
      return new URL(linked.Api.url).origin
    },
    sender,
    testSender,
    outbound: makeOutbound({ table, sender, crmUrls }),
    testOutbound: makeOutbound({ table, sender: testSender, crmUrls, limitMs: TEST_LIMIT_MS }),
    urlRules: { allowedNetworks, operatorLoopback, resolve: resolveHost },
    rateLimit: settings.apiRateLimit,
    limits: { endpoints: settings.maxEndpoints, keys: MAX_KEYS, sources: MAX_SOURCES },
    ...makeCaches(table, cachedMs, () => performance.now()),
    slowness: makeSlowness(now),
    unwritten: settings.inserts === "transaction" ? limitUnwritten() : undefined,
    turns: makeTurns(),
    random: Math.random,
    version,
    log,
    ...telemetry,
  }
}

/** `release` decrypts no secrets, so it does not get the key. */
export const releaseResources = memoized(() => {
  const linked = Resource as unknown as Linked
  const refuse = () => {
    throw new Error("release has no data key")
  }
  const queues = { retryUrl: linked.RetryQueue.url, jobsUrl: linked.JobsQueue.url }
  return Promise.resolve({ ...connectServices(linked, { seal: refuse, open: refuse }), queues })
})

function connectServices({ Settings: settings, Table: { name } }: Linked, sealer: Sealer) {
  const retentionMs = Math.max(settings.retentionDays, MIN_RETENTION_DAYS) * DAY_MS
  const client = makeDynamodb()
  const insert = settings.inserts && makeInsert(client, name, settings.inserts)
  const logger = loggerTo(settings.logFile)
  const { log } = logger
  const table: Table = {
    client,
    name,
    now: Date.now,
    sealer,
    retentionMs,
    insert,
    onUnreadable: ({ pk, sk }, error) =>
      log("item.unreadable", { pk, sk, reason: reasonOf(error) }),
  }
  return { table, sqs: makeSqs(), log, ...telemetryTo(logger) }
}

export type Resources = Awaited<ReturnType<typeof connect>>

// One of each per process: on one machine all functions share it.
let logger: Logger | undefined
let telemetry: Telemetry | undefined
const loggerTo = (file: string | undefined) => (logger ??= makeLogger(file))
const telemetryTo = (to: Logger) => (telemetry ??= openTelemetry(process.env, to))
