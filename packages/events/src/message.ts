import { createHmac, timingSafeEqual } from "node:crypto"
import * as v from "valibot"

const HeaderPair = v.tuple([v.string(), v.string()])
// What keys and ids can hold: an event's id has 64 bits for its nanoseconds, which end in the year 2554.
const MAX_MILLIS = 18_446_744_073_709
const Millis = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_MILLIS))
// By how much two clocks can differ that both say such a time.
const Skew = v.pipe(v.number(), v.integer(), v.minValue(-MAX_MILLIS), v.maxValue(MAX_MILLIS))
const Count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))
// DynamoDB keeps neither a very large number nor a very small one.
const Seconds = v.pipe(
  v.number(),
  v.minValue(0),
  v.maxValue(MAX_MILLIS / 1_000),
  v.check(
    (seconds) => seconds === 0 || seconds >= 1e-6,
    "Invalid value: more digits than a time has",
  ),
)
// It becomes part of an item or of its key, which hold only so much.
const Word = v.pipe(v.string(), v.maxLength(200))

const Address = {
  v: v.literal(1),
  /** The collector message id: 128 random bits in base64url, the same however often the message is sent. */
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/)),
  tenant: v.pipe(v.string(), v.regex(/^ten_[0-9a-hjkmnp-tv-z]{26}$/)),
  source: v.pipe(v.string(), v.regex(/^src_[0-9a-hjkmnp-tv-z]{26}$/)),
  /** Which collector: an id of 128 random bits, kept beside its spool. */
  collector: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/)),
  /** The collector's clock, in epoch milliseconds, when the message was read (or made). */
  receivedAt: Millis,
}

/** How far the collector's clock is ahead of its PBX's, in ms; absent while the PBX has told no time. */
const skewMs = v.optional(Skew)

export const MAX_OTHER_GAPS = 20

/** `synthetic.reason` where the PBX itself forgot its dialings: no other collector can know better. */
export const FORGOTTEN = "forgotten"

/** An AMI event as read, header by header. */
export const EventMessage = v.object({
  ...Address,
  kind: v.literal("event"),
  headers: v.pipe(v.array(HeaderPair), v.minLength(1)),
  /**
   * Inferred by the collector from the PBX's lists after the gap of that id. `others`: gaps before it whose lists could not be
   * asked for, so that it may have happened in any of them.
   */
  synthetic: v.optional(
    v.object({
      reason: Word,
      gap: Word,
      others: v.optional(v.pipe(v.array(Word), v.maxLength(MAX_OTHER_GAPS))),
    }),
  ),
  /** Made by a test of the source: no PBX said it. */
  test: v.optional(v.literal(true)),
})
export type EventMessage = v.InferOutput<typeof EventMessage>

/** A row of one of the PBX's lists, header by header: what there is, and no event. */
export const RecordMessage = v.object({
  ...Address,
  kind: v.literal("record"),
  headers: v.pipe(v.array(HeaderPair), v.minLength(1)),
})
export type RecordMessage = v.InferOutput<typeof RecordMessage>

/** The collector lives; what it says of itself, and since when its PBX session has been open without a break. */
export const HeartbeatMessage = v.object({
  ...Address,
  kind: v.literal("heartbeat"),
  /** From a check of the settings, which reads nothing: nobody is to wait for another word of this collector. */
  check: v.optional(v.literal(true)),
  version: Word,
  skewMs,
  /** Epoch ms since when this collector has read the PBX without a break; null while it does not. */
  connectedSince: v.nullable(Millis),
  /** Up to when it has: the PBX was last heard then. Absent: up to now. */
  readUntil: v.optional(Millis),
  /** While it does not: the last while in which it did, as from and to. A twin's gap may lie in its last seconds. */
  readBefore: v.optional(v.tuple([Millis, Millis])),
  spoolDepth: Count,
  spoolAgeSeconds: Seconds,
})
export type HeartbeatMessage = v.InferOutput<typeof HeartbeatMessage>

/** This collector did not read its PBX (or could not keep what it read) between two of its own times. */
export const GapMessage = v.object({
  ...Address,
  kind: v.literal("gap"),
  skewMs,
  gap: v.object({
    id: Word,
    from: Millis,
    to: Millis,
    reason: Word,
    /** Since when the collector had read without a break when it began; absent where it does not know. */
    since: v.optional(Millis),
    /** How many events were inferred from the PBX's lists, by type. */
    inferred: v.pipe(v.record(Word, Count), v.maxEntries(100)),
  }),
})
export type GapMessage = v.InferOutput<typeof GapMessage>

/** What a collector puts into the ingest queue. */
export const IngestMessage = v.variant("kind", [
  EventMessage,
  RecordMessage,
  HeartbeatMessage,
  GapMessage,
])
export type IngestMessage = v.InferOutput<typeof IngestMessage>

export type SigningKey = { keyId: string; key: Buffer }

/** The queue's body: `keyId.mac.json` in plain ASCII; the HMAC-SHA256 is over the JSON's bytes. */
export function sealMessage(message: IngestMessage, signingKey: SigningKey): string {
  return sealJson(toAscii(JSON.stringify(message)), signingKey)
}

/** The same of a message that is ASCII JSON already: a spool keeps that, and its key may change before it is sent. */
export function sealJson(json: string, { keyId, key }: SigningKey): string {
  return `${keyId}.${mac(json, key)}.${json}`
}

const REASON_CHARACTERS = 200

export type OpenedMessage =
  | { ok: true; message: IngestMessage; keyId: string; verify: (key: Buffer) => boolean }
  | { ok: false; reason: string }

/** Reads a body's shape. Nothing in it may be believed before `verify` said yes to the source's key. */
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
  const parsed = v.safeParse(IngestMessage, value)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    // Valibot's message quotes what it got, which may be a whole body.
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

// AMI values hold ESC, 0x01 and U+FFFE, which SQS refuses: everything outside 0x20 to 0x7E travels escaped.
const NOT_ASCII = /[^\x20-\x7e]/g

/** The same JSON in printable ASCII. */
export function toAscii(json: string): string {
  // Mostly it is that already; these two look faster than the expression does.
  if (Buffer.byteLength(json) === json.length && !json.includes("\x7f")) return json
  return json.replace(NOT_ASCII, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
}
