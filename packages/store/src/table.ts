import type { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import type { Key } from "./keys.ts"
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
  /** Where the table takes several conditional writes in one request; each goes by itself otherwise. */
  insert?: Insert | undefined
}

/**
 * Puts an item where nothing lies, in one request with others of the same moment. False where something lies there, or
 * where only a request of its own can tell: nothing was written then. Rejects where the table cannot be reached.
 */
export type Insert = (item: Key & Record<string, unknown>) => Promise<boolean>

/** TTL attributes are epoch seconds. */
export const toSeconds = (millis: number) => Math.floor(millis / 1000)

/** DynamoDB deletes expired items late (dynalite never): a reader filters them. */
export function isExpired(item: { expiresAt?: number | undefined }, now: number): boolean {
  return item.expiresAt !== undefined && item.expiresAt * 1000 <= now
}
