// The definition of the table and the queues, in one place: SST creates them on AWS, packages/local
// on a laptop.

const MINUTE = 60
const DAY = 24 * 60 * MINUTE

export const table = {
  fields: {
    pk: "string",
    sk: "string",
    dueShard: "string",
    dueAt: "number",
    openKey: "string",
  },
  primaryIndex: { hashKey: "pk", rangeKey: "sk" },
  globalIndexes: {
    // Pending deliveries, by when they are due. Sparse: a delivery that succeeded at once was never
    // in it.
    due: {
      hashKey: "dueShard",
      rangeKey: "dueAt",
      projection: ["endpointId", "eventId", "eventType", "turn"],
    },
    // Undelivered deliveries, by tenant and status. Sparse too: nothing is written to it while all
    // goes well.
    open: {
      hashKey: "openKey",
      rangeKey: "sk",
      // Nothing that each attempt changes: that would be a write of the index.
      projection: ["endpointId", "eventId", "eventType", "status"],
    },
  },
  ttl: "expiresAt",
} as const

export type QueueFacts = {
  /**
   * The function's timeout in seconds. The queue hides a message for six times as long, as AWS
   * advises.
   */
  timeoutSeconds: number
  retentionSeconds: number
  /**
   * Receives before the dead-letter queue: enough for an outage of hours (receives x visibility).
   */
  maxReceiveCount: number
  batchSize: number
  windowSeconds: number
  maximumConcurrency: number
}

const WEEK = 7 * DAY

export const queues = {
  // 100 receives, 3 minutes each: an outage of the table of five hours.
  Ingest: {
    timeoutSeconds: 30,
    retentionSeconds: WEEK,
    maxReceiveCount: 100,
    batchSize: 10,
    windowSeconds: 0,
    maximumConcurrency: 20,
  },
  // First attempts only, so that neither retries nor a slow endpoint delay them.
  // A POST can take 15 s, and none starts with less than 20 s left: 60 s. 50 receives, 6 minutes
  // each: five hours.
  Delivery: {
    timeoutSeconds: 60,
    retentionSeconds: WEEK,
    maxReceiveCount: 50,
    batchSize: 10,
    windowSeconds: 0,
    maximumConcurrency: 100,
  },
  // All other deliveries: retries, probes, and first attempts at a slow endpoint.
  Retry: {
    timeoutSeconds: 60,
    retentionSeconds: WEEK,
    maxReceiveCount: 50,
    batchSize: 10,
    windowSeconds: 0,
    maximumConcurrency: 50,
  },
  // Recovery, erasure, holding: one page per invocation. The next page is a new message.
  Jobs: {
    timeoutSeconds: 60,
    retentionSeconds: WEEK,
    maxReceiveCount: 50,
    batchSize: 1,
    windowSeconds: 0,
    maximumConcurrency: 5,
  },
} as const satisfies Record<string, QueueFacts>

export type QueueName = keyof typeof queues

/** AWS's advice for a queue of a function: six times its timeout. */
export const visibilitySeconds = (queue: QueueFacts) => 6 * queue.timeoutSeconds

export const deadLetterRetentionSeconds = 14 * DAY

/** A function with this much memory has one core. */
export const coreMegabytes = 1769

/**
 * Memory of the workers, and with it their share of a core. `deliver` mostly waits for receivers,
 * and that time is billed by memory. `ingest` would cost the same with less, and be slower. `jobs`
 * and `release` are CPU-bound with much to do: a whole core costs the same, and ends sooner.
 */
export const megabytes = {
  ingest: 512,
  deliver: 384,
  jobs: coreMegabytes,
  release: coreMegabytes,
} as const

/** How often due deliveries are released. */
export const releaseEverySeconds = MINUTE
export const releaseTimeoutSeconds = 55
/** Concurrent runs, each for its part of the 16 shards. */
export const releaseGroups = 8
