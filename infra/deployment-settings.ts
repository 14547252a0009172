import { refuse, setting, whole } from "./environment.ts"
import { queues, type QueueName } from "./facts.ts"
import { isPermanent } from "./stage.ts"

refuse(
  "ALLOWED_NETWORKS",
  "the functions are in no VPC, so they reach no private network, whatever is allowed",
)

// The limits of AWS for a mapping.
const MAX_CONCURRENCY = 1000

const concurrencyOf = (name: string, queue: QueueName) =>
  whole(name, queues[queue].maximumConcurrency, 2, MAX_CONCURRENCY)

/** The settings that can differ between two stages, apart from whether a stage is permanent. */
export const settings = {
  retentionDays: whole("RETENTION_DAYS", 30, 14),
  apiRateLimit: whole("API_RATE_LIMIT", 100, 0),
  maxEndpoints: whole("MAX_ENDPOINTS", 200, 1),
  /**
   * Maximum concurrent instances of the API function, reserved from the account's. 0: none are
   * reserved, and there is no maximum. A tenant can occupy eight with requests that wait.
   */
  apiConcurrency: whole("API_CONCURRENCY", isPermanent($app.stage) ? 100 : 0, 0),
  /** Concurrent batches per queue. */
  concurrency: {
    Ingest: concurrencyOf("INGEST_CONCURRENCY", "Ingest"),
    Delivery: concurrencyOf("DELIVERY_CONCURRENCY", "Delivery"),
    Retry: concurrencyOf("RETRY_CONCURRENCY", "Retry"),
    Jobs: concurrencyOf("JOBS_CONCURRENCY", "Jobs"),
  } satisfies Record<QueueName, number>,
  /**
   * The warm throughput of the table per second. 0: the default of a new table, 4,000 writes and
   * 12,000 reads.
   */
  warmWriteUnits: whole("WARM_WRITE_UNITS", 0, 0),
  warmReadUnits: whole("WARM_READ_UNITS", 0, 0),
  apiDomain: setting("API_DOMAIN"),
  alarmEmail: setting("ALARM_EMAIL"),
  /**
   * The URL to which the workers send their spans, by OTLP over HTTP. Without it no spans are
   * created.
   */
  otlpEndpoint: setting("OTLP_ENDPOINT"),
  /** The ARN of a layer that forwards the spans to X-Ray. */
  otlpLayer: setting("OTLP_LAYER"),
  /** The expected number of collectors. With 0 there is no alarm about missing ones. */
  expectedCollectors: whole("EXPECTED_COLLECTORS", 0, 0),
  /** The host of a PBX in the cloud. If set, a collector runs next to it. */
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
