import * as v from "valibot"
import { packBodies, PACKED_FROM_BYTES, unpackBodies } from "./bodies.ts"

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
 * An attempt as it is stored, and the bodies of all attempts if they change with it. `attempts`: all
 * that are stored from now on, this one included, if the oldest ones are dropped.
 */
export type Kept = { attempt: Attempt; attempts?: Attempt[]; bodies?: Uint8Array }

const isLong = (body: string | null) =>
  body !== null && Buffer.byteLength(body) >= PACKED_FROM_BYTES

/** What is stored of an attempt after the previous ones. */
export function compact(attempt: Attempt, before: readonly Attempt[]): Kept {
  const kept = [...before.slice(1 - MAX_KEPT), attempt]
  const attempts = before.length >= MAX_KEPT && { attempts: kept.map(withoutLongBody) }
  if (!attempts && !isLong(attempt.responseBody)) return { attempt }
  const bodies = packBodies(
    kept.map(({ responseBody }) => (isLong(responseBody) ? responseBody : null)),
  )
  return { attempt: withoutLongBody(attempt), ...attempts, bodies }
}

const withoutLongBody = (attempt: Attempt): Attempt =>
  isLong(attempt.responseBody) ? { ...attempt, responseBody: null } : attempt

/** Attempts with the bodies that `compact` took from them. */
export function restore(attempts: readonly Attempt[], bodies: Uint8Array | undefined): Attempt[] {
  const unpacked = bodies ? unpackBodies(bodies) : []
  let before: string | null = null
  return attempts.map(({ sameBody, ...attempt }, index) => {
    const own = sameBody ? before : attempt.responseBody
    const responseBody = unpacked[index] ?? own
    before = responseBody
    return { ...attempt, responseBody }
  })
}
