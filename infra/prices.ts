/** The day on which these prices were read. Check AWS's own pages before quoting them. */
export const pricesAsOf = "November 2026"

/**
 * List prices in US dollars, us-east-1, which the benchmark and COST.md multiply by their counts.
 * Not confirmed: whether SQS charges extra for the groups of a fair queue.
 */
export const prices = {
  /**
   * One request. Each 64 KB that is sent or received counts as one, and so does an empty receive.
   */
  sqsRequest: 0.4 / 1e6,
  /** On demand: 1 KB written, 4 KB read consistently. An eventually consistent read costs half. */
  dynamodbWriteUnit: 0.625 / 1e6,
  dynamodbReadUnit: 0.125 / 1e6,
  /** arm64. */
  lambdaRequest: 0.2 / 1e6,
  lambdaGigabyteSecond: 0.0000133334,
  /** Per month. */
  kmsKey: 1,
  alarm: 0.1,
  dashboard: 3,
  logGigabyte: 0.5,
} as const

/** Competitors' prices for a million events to `endpoints` endpoints, delivered at once. */
export const alternatives: Record<string, (endpoints: number) => number> = {
  "EventBridge API destinations": (endpoints) => 1 + 0.2 * endpoints,
  "SNS to HTTP": (endpoints) => 0.6 * endpoints,
  "Hookdeck Outpost, managed": () => 10,
}
