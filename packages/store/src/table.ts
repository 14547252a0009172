import type { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import type { Sealer } from "./seal.ts"

/** The one table and what its rooms need; the first argument of every function here. */
export type Table = {
  client: DynamoDBClient
  name: string
  /** The clock, in epoch ms. */
  now: () => number
  sealer: Sealer
  /** How long events and deliveries are kept, at least 14 days. */
  retentionMs: number
}

/** TTL attributes are epoch seconds. */
export const toSeconds = (millis: number) => Math.floor(millis / 1000)

/** DynamoDB deletes expired items late (dynalite never): a reader filters them. */
export function isExpired(item: { expiresAt?: number | undefined }, now: number): boolean {
  return item.expiresAt !== undefined && item.expiresAt * 1000 <= now
}
