import { refuse, setting, whole } from "./environment.ts"
import { queues, type QueueName } from "./facts.ts"
import { isPermanent } from "./stage.ts"

refuse(
  "ALLOWED_NETWORKS",
  "the functions are in no VPC, so they reach no private network, whatever is allowed",
)

// What AWS lets a mapping have.
const MAX_CONCURRENCY = 1000

const concurrencyOf = (name: string, queue: QueueName) =>
  whole(name, queues[queue].maximumConcurrency, 2, MAX_CONCURRENCY)

/** What may differ between two stages, apart from their being permanent. */
export const settings = {
  retentionDays: whole("RETENTION_DAYS", 30, 14),
  apiRateLimit: whole("API_RATE_LIMIT", 100, 0),
  maxEndpoints: whole("MAX_ENDPOINTS", 200, 1),
  /** Instances of the API function at once, taken from the account's; 0: none are reserved, and nothing is capped. */
  apiConcurrency: whole("API_CONCURRENCY", isPermanent($app.stage) ? 40 : 0, 0),
  /** Batches of each queue that are worked on at once. */
  concurrency: {
    Ingest: concurrencyOf("INGEST_CONCURRENCY", "Ingest"),
    Delivery: concurrencyOf("DELIVERY_CONCURRENCY", "Delivery"),
    Retry: concurrencyOf("RETRY_CONCURRENCY", "Retry"),
    Jobs: concurrencyOf("JOBS_CONCURRENCY", "Jobs"),
  } satisfies Record<QueueName, number>,
  /** What the table is made ready for, a second; 0: what every new table is, 4,000 writes and 12,000 reads. */
  warmWriteUnits: whole("WARM_WRITE_UNITS", 0, 0),
  warmReadUnits: whole("WARM_READ_UNITS", 0, 0),
  apiDomain: setting("API_DOMAIN"),
  alarmEmail: setting("ALARM_EMAIL"),
  /** Where the workers send their spans, by OTLP over HTTP; without it none are made. */
  otlpEndpoint: setting("OTLP_ENDPOINT"),
  /** The ARN of a layer that takes them there, and hands them to X-Ray. */
  otlpLayer: setting("OTLP_LAYER"),
  /** How many collectors should be heard; with 0 nobody is missed. */
  expectedCollectors: whole("EXPECTED_COLLECTORS", 0, 0),
  /** The host of a PBX in the cloud; with it a collector runs beside it. */
  collectorAmiHost: setting("COLLECTOR_AMI_HOST"),
}

export const logRetention = isPermanent($app.stage) ? "3 months" : "1 week"
export const logDays = { "1 week": 7, "3 months": 90 }[logRetention]

export const linkedSettings = new sst.Linkable("Settings", {
  properties: {
    allowedNetworks: [],
    retentionDays: settings.retentionDays,
    apiRateLimit: settings.apiRateLimit,
    maxEndpoints: settings.maxEndpoints,
    inserts: "statements",
  },
})
