// What the table and the queues are, said once: SST makes them so on AWS, packages/local makes them so on a laptop.

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
    // What waits for another attempt, by when it falls due. Sparse: a delivery that went well at once was never in it.
    due: {
      hashKey: "dueShard",
      rangeKey: "dueAt",
      projection: ["endpointId", "eventId", "eventType", "turn"],
    },
    // What is not delivered, by tenant and status. Sparse too: nothing is written to it while all goes well.
    open: {
      hashKey: "openKey",
      rangeKey: "sk",
      projection: ["endpointId", "eventId", "eventType", "status", "attemptCount", "dueAt"],
    },
  },
  ttl: "expiresAt",
} as const

export type QueueFacts = {
  /** Seconds a function may take; the queue hides a message for six times as long, as AWS advises. */
  timeoutSeconds: number
  retentionSeconds: number
  /** Receives before the dead-letter queue: enough to sit out an outage of hours (receives x visibility). */
  maxReceiveCount: number
  batchSize: number
  windowSeconds: number
  maximumConcurrency: number
}

const WEEK = 7 * DAY

export const queues = {
  // 100 receives, 3 minutes each: five hours of a table that cannot be reached.
  Ingest: {
    timeoutSeconds: 30,
    retentionSeconds: WEEK,
    maxReceiveCount: 100,
    batchSize: 10,
    windowSeconds: 0,
    maximumConcurrency: 20,
  },
  // First attempts alone, so that neither retries nor a slow endpoint stand in their way.
  // A POST may take 15 s, and none is begun with under 20 s left: 60 s. 50 receives, 6 minutes each: five hours.
  Delivery: {
    timeoutSeconds: 60,
    retentionSeconds: WEEK,
    maxReceiveCount: 50,
    batchSize: 10,
    windowSeconds: 0,
    maximumConcurrency: 100,
  },
  // Everything else that is to be sent: retries, probes, and first attempts of an endpoint that is slow to answer.
  Retry: {
    timeoutSeconds: 60,
    retentionSeconds: WEEK,
    maxReceiveCount: 50,
    batchSize: 10,
    windowSeconds: 0,
    maximumConcurrency: 50,
  },
  // Recovering, emptying, holding: one page an invocation, the next page a message of its own.
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

/** AWS's advice for a queue behind a function: six times its timeout. */
export const visibilitySeconds = (queue: QueueFacts) => 6 * queue.timeoutSeconds

export const deadLetterRetentionSeconds = 14 * DAY

/** How often what is due is released. */
export const releaseEverySeconds = MINUTE
export const releaseTimeoutSeconds = 55
/** Runs side by side, each for its part of the 16 shards. */
export const releaseGroups = 8
