import type { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import type { Key } from "./item-keys.ts"
import type { Sealer } from "./seal.ts"

/** The table and what its modules need. It is the first argument of every function here. */
export type Table = {
  client: DynamoDBClient
  name: string
  /** The clock, in epoch ms. */
  now: () => number
  sealer: Sealer
  /** How long events and deliveries are kept, at least 14 days. */
  retentionMs: number
  /** Called with an item that no page includes because it cannot be parsed. */
  onUnreadable?: (place: Key, reason: unknown) => void
  /**
   * Present if the table accepts several conditional writes in one request. Otherwise each one is a
   * request.
   */
  insert?: Insert | undefined
}

/**
 * Inserts an item if none exists, in one request with other inserts of the same moment. False if an
 * item exists, or if only a separate request can tell: then nothing was written. Rejects if the
 * table is unreachable. `onSent`: called when the request has left this process, which may end then
 * without losing it.
 */
export type Insert = (item: Key & Record<string, unknown>, onSent?: () => void) => Promise<boolean>

/** TTL attributes are epoch seconds. */
export const toSeconds = (millis: number) => Math.floor(millis / 1000)

/** DynamoDB deletes expired items late (dynalite never), so readers filter them. */
export function isExpired(item: { expiresAt?: number | undefined }, now: number): boolean {
  return item.expiresAt !== undefined && item.expiresAt * 1000 <= now
}
