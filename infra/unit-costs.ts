import { prices } from "./prices.ts"

/** The AWS usage of one unit, in full batches of ten. */
export type Use = {
  sqsRequests: number
  writeUnits: number
  invocations: number
  /**
   * With 0.5 GB. A delivery is charged a tenth of the 200 ms for which its batch waits for a
   * receiver.
   */
  billedMs: number
  logBytes: number
}

export const LAMBDA_GIGABYTES = 0.5
const GIGABYTE = 1e9

// A batch of ten is sent, received and deleted: three requests. One write claims an event, one
// records a delivery. test/infra/cost counts them in a run of the real handlers.
export const perEvent: Use = {
  sqsRequests: 0.3,
  writeUnits: 1,
  invocations: 0.1,
  billedMs: 25,
  logBytes: 10,
}
export const perDelivery: Use = {
  sqsRequests: 0.3,
  writeUnits: 1,
  invocations: 0.1,
  billedMs: 36,
  logBytes: 285,
}
/**
 * Each attempt after the first: the item with its attempts, and its entries in both indexes,
 * removed and created again.
 */
export const perRetry: Use = { ...perDelivery, writeUnits: 6 }

export const dollarsOf = (use: Use): number =>
  use.sqsRequests * prices.sqsRequest +
  use.writeUnits * prices.dynamodbWriteUnit +
  use.invocations * prices.lambdaRequest +
  (use.billedMs / 1000) * LAMBDA_GIGABYTES * prices.lambdaGigabyteSecond +
  (use.logBytes / GIGABYTE) * prices.logGigabyte
