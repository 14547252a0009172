/** The day on which these prices were read. Check AWS's own pages before quoting them. */
export const pricesAsOf = "November 2026"

/**
 * List prices in US dollars, us-east-1, without free tiers and volume discounts. The benchmark and
 * COST.md multiply them by their counts.
 */
export const prices = {
  /**
   * One request. Each 64 KB that is sent or received counts as one, and so does an empty receive.
   */
  sqsRequest: 0.4 / 1e6,
  /**
   * More for each request if the messages have groups (fair queues). From one third-party source:
   * not confirmed, and counted for every request.
   */
  sqsFairRequest: 0.1 / 1e6,
  /** On demand: 1 KB written, 4 KB read consistently. An eventually consistent read costs half. */
  dynamodbWriteUnit: 0.625 / 1e6,
  dynamodbReadUnit: 0.125 / 1e6,
  /** Per month, and for as much again in the continuous backup (recovery to a point in time). */
  dynamodbGigabyte: 0.25,
  dynamodbBackupGigabyte: 0.2,
  /** arm64. */
  lambdaRequest: 0.2 / 1e6,
  lambdaGigabyteSecond: 0.0000133334,
  /** Per month. */
  kmsKey: 1,
  alarm: 0.1,
  dashboard: 3,
  metric: 0.3,
  /** Written, and kept for a month after compression. */
  logGigabyte: 0.5,
  logStoredGigabyte: 0.03,
  /** Sent to receivers on the Internet. */
  egressGigabyte: 0.09,
  /** One start by a schedule. */
  schedule: 1 / 1e6,
} as const

/** Competitors' prices for a million events to `endpoints` endpoints, delivered at once. */
export const alternatives: Record<string, (endpoints: number) => number> = {
  "EventBridge API destinations": (endpoints) => 1 + 0.2 * endpoints,
  "SNS to HTTP": (endpoints) => 0.6 * endpoints,
  "Hookdeck Outpost, managed": () => 10,
}
