import { randomBytes } from "node:crypto"
import { type AmiMessage } from "@ringback/ami/message"
import { jsonBound } from "@ringback/ami/json"
import { type GapMessage, type HeartbeatMessage, toAscii } from "@ringback/events/message"

export type Gap = GapMessage["gap"]

export type Synthetic = { reason: string; gap: string; others?: string[] }

/** SQS takes 1 MiB; the seal and the address stand before the headers. */
export const MAX_JSON_BYTES = 1_000_000

/** A message whose headers are still to be written as JSON: behind this head, before a closing brace. */
export type Draft = { head: string; message: AmiMessage; maxBytes: number }

/** Makes the messages of one collector for one source, as ASCII JSON on one line. Each has an id of its own, made here. */
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

/** `skewMs`: how far this collector's clock is ahead of its PBX's, as far as that is known. */
export function makeEnvelope(
  address: { tenant: string; source: string; collector: string },
  skewMs: () => number | undefined = () => undefined,
): Envelope {
  const tail = JSON.stringify(address).slice(1, -1)
  // Written by hand, the time first: this is the hot path, and the spool finds the time without parsing.
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

// What is inferred is newer than all that the PBX said of the record, by the PBX's clock. By ours it may look older.
function stamped({ kind, name, headers }: AmiMessage, at: number): AmiMessage {
  const [first, ...rest] = headers
  return { kind, name, headers: [first!, ["Timestamp", (at / 1_000).toFixed(6)], ...rest] }
}

/** The message's JSON as text. */
export function finish(head: string, { headers }: AmiMessage): string {
  return `${head}${toAscii(JSON.stringify(headers))}}`
}

const ID_LENGTH = 22
const IDS = 1_024
let pool = ""
let used = 0

/** 132 random bits as base64url, made many at a time. A counter would begin again after a lost disk, and drop events as duplicates. */
export function makeMessageId(): string {
  if (used === pool.length) {
    pool = randomBytes((IDS * ID_LENGTH * 3) / 4).toString("base64url")
    used = 0
  }
  return pool.slice(used, (used += ID_LENGTH))
}
