import { coreMegabytes, megabytes } from "./facts.ts"
import { prices } from "./prices.ts"

/** The AWS usage of one unit. */
export type Use = {
  sqsRequests: number
  writeUnits: number
  readUnits: number
  invocations: number
  /** Billed milliseconds, multiplied by the function's memory. */
  gigabyteMs: number
  logBytes: number
  /** Kept in the table for the retention time. */
  storedBytes: number
  /** Sent to receivers. */
  egressBytes: number
}

/** How long a receiver takes to answer. A batch waits for its slowest. */
export const RECEIVER_MS = 200
/** How long an invocation waits for DynamoDB and SQS. */
export const SERVICES_MS = 15
/** Processor time of a laptop's core that does nothing else. The embedded services' is in it. */
export const CPU_MS = { event: 1.1, delivery: 1.3 }

/** `cpuMs` of a whole core, and the time in which nothing is computed. */
export const gigabyteMsOf = (worker: "ingest" | "deliver", cpuMs: number, waitMs: number) =>
  ((cpuMs * coreMegabytes) / megabytes[worker] + waitMs) * (megabytes[worker] / 1024)

/** Defaults of the deployment: see deployment-settings.ts. */
const RETENTION_MONTHS = 30 / 30.4
const LOG_MONTHS = 3
/** CloudWatch compresses what it keeps. This is AWS's own estimate. */
const LOG_COMPRESSION = 0.15
const GIGABYTE = 1e9

/** What the usage costs, in dollars, by the lines of AWS's bill. */
export const billOf = (use: Use) => ({
  SQS: use.sqsRequests * prices.sqsRequest,
  "SQS, fair queues": use.sqsRequests * prices.sqsFairRequest,
  DynamoDB: use.writeUnits * prices.dynamodbWriteUnit + use.readUnits * prices.dynamodbReadUnit,
  "DynamoDB, storage and backup":
    (use.storedBytes / GIGABYTE) *
    RETENTION_MONTHS *
    (prices.dynamodbGigabyte + prices.dynamodbBackupGigabyte),
  Lambda:
    use.invocations * prices.lambdaRequest + (use.gigabyteMs / 1000) * prices.lambdaGigabyteSecond,
  "CloudWatch Logs":
    (use.logBytes / GIGABYTE) *
    (prices.logGigabyte + LOG_COMPRESSION * LOG_MONTHS * prices.logStoredGigabyte),
  "Data transfer out": (use.egressBytes / GIGABYTE) * prices.egressGigabyte,
})

export const dollarsOf = (use: Use): number =>
  Object.values(billOf(use)).reduce((sum, dollars) => sum + dollars, 0)

// In full batches of ten. A batch is sent, received and deleted: three requests. One write claims
// an event, one records a delivery. test/infra/cost counts them in a run of the real handlers.
export const perEvent: Use = {
  sqsRequests: 0.3,
  writeUnits: 1,
  readUnits: 0,
  invocations: 0.1,
  gigabyteMs: gigabyteMsOf("ingest", CPU_MS.event, SERVICES_MS / 10),
  logBytes: 110,
  storedBytes: 660,
  egressBytes: 0,
}
export const perDelivery: Use = {
  sqsRequests: 0.3,
  writeUnits: 1,
  readUnits: 0,
  invocations: 0.1,
  gigabyteMs: gigabyteMsOf("deliver", CPU_MS.delivery, (SERVICES_MS + RECEIVER_MS) / 10),
  logBytes: 220,
  storedBytes: 435,
  egressBytes: 1900,
}
/**
 * Each attempt after the first, the claim before it included: the item with its attempts, and its
 * entries in both indexes, removed and created again. Its log line is its own.
 */
export const perRetry: Use = { ...perDelivery, writeUnits: 8, logBytes: 420, storedBytes: 0 }
