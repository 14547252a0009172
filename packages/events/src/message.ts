import { createHmac, timingSafeEqual } from "node:crypto"
import * as v from "valibot"

const HeaderPair = v.tuple([v.string(), v.string()])
// Limits of keys and ids. An event id has 64 bits of nanoseconds, which end in 2554.
const MAX_MILLIS = 18_446_744_073_709
const Millis = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_MILLIS))
// The maximum difference between two clocks within these times.
const Skew = v.pipe(v.number(), v.integer(), v.minValue(-MAX_MILLIS), v.maxValue(MAX_MILLIS))
const Count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))
// DynamoDB cannot store very large or very small numbers.
const Seconds = v.pipe(
  v.number(),
  v.minValue(0),
  v.maxValue(MAX_MILLIS / 1_000),
  v.check(
    (seconds) => seconds === 0 || seconds >= 1e-6,
    "Invalid value: more digits than a time has",
  ),
)
// The text becomes part of an item or its key, which have size limits.
const Word = v.pipe(v.string(), v.maxLength(200))

// Before a newer version writes a new field, the current version must already accept it, so that a
// release can be rolled back. New versions may add fields but not remove any.
export const MessageVersion = v.picklist([1, 2])

const Address = {
  v: MessageVersion,
  /**
   * The collector message id: 128 random bits in base64url, unchanged when the message is resent.
   */
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/)),
  tenant: v.pipe(v.string(), v.regex(/^ten_[0-9a-hjkmnp-tv-z]{26}$/)),
  source: v.pipe(v.string(), v.regex(/^src_[0-9a-hjkmnp-tv-z]{26}$/)),
  /** The collector's id: 128 random bits, stored with its spool. */
  collector: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/)),
  /** The collector's clock in epoch ms when the message was read or made. */
  receivedAt: Millis,
}

/** The collector's clock minus its PBX's, in ms; absent until the PBX has sent a time. */
const skewMs = v.optional(Skew)

export const MAX_OTHER_GAPS = 20

/**
 * `synthetic.reason` if the PBX itself lost its dialings. No other collector can have more
 * information.
 */
export const FORGOTTEN = "forgotten"

/** An AMI event as read, with all headers. */
export const EventMessage = v.object({
  ...Address,
  kind: v.literal("event"),
  headers: v.pipe(v.array(HeaderPair), v.minLength(1)),
  /**
   * Inferred by the collector from the PBX's lists after the gap with that id. `others`: earlier
   * unfilled gaps, in any of which the event may have happened.
   */
  synthetic: v.optional(
    v.object({
      reason: Word,
      gap: Word,
      others: v.optional(v.pipe(v.array(Word), v.maxLength(MAX_OTHER_GAPS))),
    }),
  ),
  /** Made by a source test, not sent by a PBX. */
  test: v.optional(v.literal(true)),
})
export type EventMessage = v.InferOutput<typeof EventMessage>

/** A row of one of the PBX's lists, with all headers. It is a record and not an event. */
export const RecordMessage = v.object({
  ...Address,
  kind: v.literal("record"),
  headers: v.pipe(v.array(HeaderPair), v.minLength(1)),
})
export type RecordMessage = v.InferOutput<typeof RecordMessage>

/** A heartbeat: the collector's status, and the start of its current PBX session. */
export const HeartbeatMessage = v.object({
  ...Address,
  kind: v.literal("heartbeat"),
  /**
   * Sent by `--check`, which reads no events. Ingest must not expect more messages of this
   * collector.
   */
  check: v.optional(v.literal(true)),
  /**
   * Sent beside the regular heartbeats because something changed. Not counted when collectors are
   * missed. Older collectors do not set it.
   */
  extra: v.optional(v.literal(true)),
  version: Word,
  /**
   * The start of the collector that sent it, and its number since then: its order, whatever the
   * collector's clock does. Absent in heartbeats of older collectors.
   */
  run: v.optional(Word),
  number: v.optional(Count),
  skewMs,
  /** Epoch ms since when the collector has read the PBX without a break; null while it does not. */
  connectedSince: v.nullable(Millis),
  /** The time up to which it has read the PBX. Absent: up to now. */
  readUntil: v.optional(Millis),
  /**
   * While it does not read the PBX: the last period in which it did. Another collector's gap may be
   * within its last seconds.
   */
  readBefore: v.optional(v.tuple([Millis, Millis])),
  spoolDepth: Count,
  spoolAgeSeconds: Seconds,
})
export type HeartbeatMessage = v.InferOutput<typeof HeartbeatMessage>

/**
 * A period, by the collector's clock, in which it did not read its PBX or could not store what it
 * read.
 */
export const GapMessage = v.object({
  ...Address,
  kind: v.literal("gap"),
  skewMs,
  gap: v.object({
    id: Word,
    from: Millis,
    to: Millis,
    reason: Word,
    /** Start of the collector's coverage before the gap; absent if unknown. */
    since: v.optional(Millis),
    /** Number of events inferred from the PBX's lists, by type. */
    inferred: v.pipe(v.record(Word, Count), v.maxEntries(100)),
  }),
})
export type GapMessage = v.InferOutput<typeof GapMessage>

/** A message in the ingest queue. */
export const IngestMessage = v.variant("kind", [
  EventMessage,
  RecordMessage,
  HeartbeatMessage,
  GapMessage,
])
export type IngestMessage = v.InferOutput<typeof IngestMessage>

export type SigningKey = { keyId: string; key: Buffer }

/** The queue's body: `keyId.mac.json` in ASCII. The HMAC-SHA256 covers the JSON's bytes. */
export function sealMessage(message: IngestMessage, signingKey: SigningKey): string {
  return sealJson(toAscii(JSON.stringify(message)), signingKey)
}

/**
 * Signs a message that is ASCII JSON already. The spool stores that form, because the key may
 * change before it is sent.
 */
export function sealJson(json: string, { keyId, key }: SigningKey): string {
  return `${keyId}.${mac(json, key)}.${json}`
}

const REASON_CHARACTERS = 200

export type OpenedMessage =
  | { ok: true; message: IngestMessage; keyId: string; verify: (key: Buffer) => boolean }
  | { ok: false; reason: string }

/** Parses a body. Its content is untrusted until `verify` has succeeded with the source's key. */
export function openMessage(body: string): OpenedMessage {
  const [keyId, sum] = body.split(".", 2)
  if (!keyId || !sum) return { ok: false, reason: "not of the form keyId.mac.json" }
  const json = body.slice(keyId.length + sum.length + 2)
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    return { ok: false, reason: "the body is not JSON" }
  }
  // Each issue takes memory, and a hostile body has one in every two bytes.
  const parsed = v.safeParse(IngestMessage, value, { abortEarly: true })
  if (!parsed.success) {
    const issue = parsed.issues[0]
    // Valibot's message quotes the input, which may be a whole body.
    const reason = `${v.getDotPath(issue) ?? "body"}: ${issue.message}`.slice(0, REASON_CHARACTERS)
    return { ok: false, reason }
  }
  const verify = (key: Buffer) => isSame(sum, mac(json, key))
  return { ok: true, message: parsed.output, keyId, verify }
}

function mac(json: string, key: Buffer): string {
  return createHmac("sha256", key).update(json).digest("base64url")
}

function isSame(left: string, right: string): boolean {
  const a = Buffer.from(left)
  const b = Buffer.from(right)
  return a.length === b.length && timingSafeEqual(a, b)
}

// AMI values may contain ESC, 0x01 and U+FFFE, which SQS refuses. All characters outside 0x20 to
// 0x7E are escaped.
const NOT_ASCII = /[^\x20-\x7e]+/g

/** The same JSON in printable ASCII. */
export function toAscii(json: string): string {
  // Most texts are ASCII already, and these two tests are faster than the expression.
  if (Buffer.byteLength(json) === json.length && !json.includes("\x7f")) return json
  return json.replace(NOT_ASCII, (run) => {
    let escaped = ""
    for (let at = 0; at < run.length; at++)
      escaped += `\\u${run.charCodeAt(at).toString(16).padStart(4, "0")}`
    return escaped
  })
}
