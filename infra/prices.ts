/**
 * List prices in US dollars, us-east-1, as of November 2026: what the benchmark multiplies its counts with. Not
 * confirmed: whether SQS charges extra for the groups of a fair queue.
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
} as const
