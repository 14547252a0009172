import { randomBytes } from "node:crypto"
import { type AmiMessage } from "@ringback/ami/message"
import { jsonBound } from "@ringback/ami/json"
import { type GapMessage, type HeartbeatMessage, toAscii } from "@ringback/events/message"

export type Gap = GapMessage["gap"]

export type Synthetic = { reason: string; gap: string; others?: string[] }

/** SQS accepts 1 MiB. The rest is for the signature and the fields before the headers. */
export const MAX_JSON_BYTES = 1_000_000

/**
 * A message whose headers are not yet serialized. Their JSON follows `head`; a closing brace ends
 * the message.
 */
export type Draft = { head: string; message: AmiMessage; maxBytes: number }

/**
 * Makes the messages of one collector for one source: single-line ASCII JSON, each with a new id.
 */
export type Envelope = {
  event: (message: AmiMessage, receivedAt: number, synthetic?: Synthetic) => Draft | string
  record: (row: AmiMessage, receivedAt: number) => string
  gap: (gap: Gap, receivedAt: number) => string
  heartbeat: (
    fields: Pick<
      HeartbeatMessage,
      "receivedAt" | "version" | "connectedSince" | "spoolDepth" | "spoolAgeSeconds"
    >,
  ) => HeartbeatMessage
}

/** `skewMs`: the collector's clock minus the PBX's; undefined if unknown. */
export function makeEnvelope(
  address: { tenant: string; source: string; collector: string },
  skewMs: () => number | undefined = () => undefined,
): Envelope {
  const tail = JSON.stringify(address).slice(1, -1)
  // Serialized by hand because this is the hot path. The time comes first so that the spool finds
  // it without parsing.
  const open = (kind: string, receivedAt: number) =>
    `{"v":1,"kind":"${kind}","receivedAt":${receivedAt},"id":"${makeMessageId()}",${tail}`
  return {
    event(read, receivedAt, synthetic) {
      const skew = synthetic && skewMs()
      const message = skew === undefined ? read : stamped(read, receivedAt - skew)
      const mark = synthetic ? `,"synthetic":${toAscii(JSON.stringify(synthetic))}` : ""
      const head = `${open("event", receivedAt)}${mark},"headers":`
      const bound = jsonBound(message)
      if (bound === undefined) return finish(head, message)
      return { head, message, maxBytes: head.length + bound + 1 }
    },
    record(row, receivedAt) {
      const skew = skewMs()
      const message = skew === undefined ? row : stamped(row, receivedAt - skew)
      return finish(`${open("record", receivedAt)},"headers":`, message)
    },
    gap(gap, receivedAt) {
      const rest = JSON.stringify({ skewMs: skewMs(), gap }).slice(1)
      return `${open("gap", receivedAt)},${toAscii(rest)}`
    },
    heartbeat(fields) {
      const skew = skewMs()
      const id = makeMessageId()
      const clock = skew === undefined ? {} : { skewMs: skew }
      return { v: 1, kind: "heartbeat", id, ...address, ...clock, ...fields }
    },
  }
}

// An inferred event must be newer than every real event of its record, so it is stamped with the
// PBX's clock.
function stamped({ kind, name, headers }: AmiMessage, at: number): AmiMessage {
  const [first, ...rest] = headers
  return { kind, name, headers: [first!, ["Timestamp", (at / 1_000).toFixed(6)], ...rest] }
}

/** The message as JSON text. */
export function finish(head: string, { headers }: AmiMessage): string {
  return `${head}${toAscii(JSON.stringify(headers))}}`
}

const ID_LENGTH = 22
const IDS = 1_024
let pool = ""
let used = 0

/**
 * 132 random bits as base64url, generated in blocks. A counter would restart after a lost disk, and
 * ingest would drop new events as duplicates.
 */
export function makeMessageId(): string {
  if (used === pool.length) {
    pool = randomBytes((IDS * ID_LENGTH * 3) / 4).toString("base64url")
    used = 0
  }
  return pool.slice(used, (used += ID_LENGTH))
}
