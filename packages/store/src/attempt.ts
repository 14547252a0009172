import * as v from "valibot"
import { packHistory, unpackBodies, unpackHistory } from "./history.ts"

/**
 * One POST, or all requests of one attempt. `error` null: the receiver accepted the webhook. It can
 * also be the reason why a call was skipped. `responseBody`: the first KB, for failures.
 */
export const Attempt = v.object({
  id: v.string(),
  at: v.number(),
  statusCode: v.nullable(v.number()),
  durationMs: v.number(),
  error: v.nullable(v.string()),
  responseBody: v.nullable(v.string()),
  /**
   * Written by an earlier version: the receiver responded with the same body as in the previous
   * attempt, which is filled in when it is read.
   */
  sameBody: v.exactOptional(v.boolean()),
  /** The requests of an attempt that needed several. */
  steps: v.exactOptional(
    v.array(
      v.object({
        method: v.string(),
        url: v.string(),
        statusCode: v.nullable(v.number()),
        durationMs: v.number(),
      }),
    ),
  ),
})
export type Attempt = v.InferOutput<typeof Attempt>

/**
 * How many attempts of a delivery are stored: five whole schedules. Without a limit, manual retries
 * would fill the item.
 */
export const MAX_KEPT = 50

/**
 * What is stored of an attempt: it is appended, or the compressed history of all attempts replaces
 * what is stored, and `attempts` are those that are not in it.
 */
export type Kept = { attempt: Attempt; history?: Uint8Array; attempts?: Attempt[] }

// A short body would not get smaller, and stays readable in the table's console.
const COMPRESSED_FROM_BYTES = 64
const isLong = (body: string | null) =>
  body !== null && Buffer.byteLength(body) >= COMPRESSED_FROM_BYTES

/** What is stored of an attempt after the previous ones. */
export function compact(attempt: Attempt, before: readonly Attempt[]): Kept {
  if (before.length === 0 && !isLong(attempt.responseBody)) return { attempt }
  const earlier = before.slice(1 - MAX_KEPT)
  // A success stays readable: statistics take its duration without reading the rest.
  return attempt.error === null
    ? { attempt, history: packHistory(earlier), attempts: [attempt] }
    : { attempt, history: packHistory([...earlier, attempt]) }
}

/** The fields of an item that contain its attempts. */
export const storedAttempts = {
  /** Those that are not in the history. */
  attempts: v.optional(v.array(Attempt), []),
  /** The earlier ones, compressed together. */
  history: v.optional(v.instance(Uint8Array)),
  /** Written by an earlier version: the bodies of `attempts`, compressed together. */
  bodies: v.optional(v.instance(Uint8Array)),
}

type Stored = {
  attempts: Attempt[]
  history?: Uint8Array | undefined
  bodies?: Uint8Array | undefined
}

/** All attempts of an item, oldest first. */
export function restore({ attempts, history, bodies }: Stored): Attempt[] {
  const earlier = history ? v.parse(v.array(Attempt), unpackHistory(history)) : []
  return [...earlier, ...withBodies(attempts, bodies ? unpackBodies(bodies) : [])]
}

function withBodies(attempts: readonly Attempt[], bodies: (string | null)[]): Attempt[] {
  let before: string | null = null
  return attempts.map(({ sameBody, ...attempt }, index) => {
    const own = sameBody ? before : attempt.responseBody
    const responseBody = bodies[index] ?? own
    before = responseBody
    return { ...attempt, responseBody }
  })
}
