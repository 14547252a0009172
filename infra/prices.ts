/** The day on which these were read; look at AWS's own pages before you tell them to anybody. */
export const pricesAsOf = "November 2026"

/**
 * List prices in US dollars, us-east-1: what the benchmark and COST.md multiply their counts with. Not confirmed:
 * whether SQS charges extra for the groups of a fair queue.
 */
export const prices = {
  /** A request; of what is sent or received each 64 KB chunk is one, and so is an empty receive. */
  sqsRequest: 0.4 / 1e6,
  /** On demand: 1 KB written, 4 KB read consistently; an eventual read costs half. */
  dynamodbWriteUnit: 0.625 / 1e6,
  dynamodbReadUnit: 0.125 / 1e6,
  /** arm64. */
  lambdaRequest: 0.2 / 1e6,
  lambdaGigabyteSecond: 0.0000133334,
  /** A month. */
  kmsKey: 1,
  alarm: 0.1,
  dashboard: 3,
  logGigabyte: 0.5,
} as const

/** What others charge for a million events to `endpoints` endpoints, delivered at once. */
export const alternatives: Record<string, (endpoints: number) => number> = {
  "EventBridge API destinations": (endpoints) => 1 + 0.2 * endpoints,
  "SNS to HTTP": (endpoints) => 0.6 * endpoints,
  "Hookdeck Outpost, managed": () => 10,
}
