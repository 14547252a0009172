import { createHash } from "node:crypto"
import { emissionOf, eventNameIn, type HeaderPair, ownHeaders, valueOf } from "./header.ts"
import { HASH_BYTES } from "./ids.ts"
import { isVersioned, parseEventName } from "./kind.ts"
import type { EventMessage } from "./message.ts"
import { fingerprint } from "./record.ts"
import { isPlausible, parseStamp } from "./stamp.ts"

/** Two messages with the same identity are the same event. */
export type Identity = {
  /** Nanoseconds since the epoch; 0n where the event has no time of its own. */
  timeNanos: bigint
  /** 12 bytes. */
  hash: Buffer
}

type Part = string | null
/** What makes the event itself, and the time in it. */
type Parts = { parts: Part[]; timeNanos: bigint }

// Which messages are the same event? Measured on real traffic (documented events, 3,913 in one recording):
// Uuid + TmUpdate would drop 689 real events, with the event's name 52, with TmDelete as well 12, and those
// twelve are byte-identical repeats of OutDlmaDelete: the same fact said again. Hence name, Uuid, TmUpdate and
// TmDelete, as printed, together with the PBX (two deletes of one Uuid have two TmDelete). The clocks of collectors and workers play no part, so that both
// collectors of a PBX, a redrive, and a restart years later come to the same answer.
//
// Time and hash are the key under which an event is claimed. Equal hashes must therefore mean equal times:
// whatever the time was read from is among the parts that were hashed.
//
// Where nothing in an event tells a repeat from a state that came back, each message is an event of its own:
// rather delivered twice than lost.

/** What the message's event is known by. */
export function identify(message: EventMessage): Identity {
  const { parts: said, timeNanos } = partsOf(message)
  // A test may bear the Uuid and the times of a real event, and must never stand for it.
  const parts = message.test ? ["test", ...said] : said
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest()
  return { timeNanos, hash: digest.subarray(0, HASH_BYTES) }
}

function partsOf(message: EventMessage): Parts {
  const said = message.synthetic
    ? inferredParts(message)
    : (versionedParts(message) ?? emittedParts(message))
  return said ?? ownParts(message)
}

// Twin collectors infer the same. It never equals a live event, which must not be dropped for an inference.
function inferredParts({ headers, source }: EventMessage): Parts | undefined {
  const record = recordIn(headers)
  // A later gap may bring the very same state back, where a state has no version.
  if (!record || (!record.isVersioned && record.action === "updated")) return undefined
  const body = fingerprint(headers).toString("hex")
  return { parts: ["synthetic", source, record.name, record.uuid, body], timeNanos: 0n }
}

function versionedParts({ headers, source }: EventMessage): Parts | undefined {
  const record = recordIn(headers)
  if (!record?.isVersioned) return undefined
  const [created, updated, deleted] = ["TmCreate", "TmUpdate", "TmDelete"].map((name) =>
    valueOf(headers, name),
  ) as [Part, Part, Part]
  // An update that does not say which: nothing tells it from the next one.
  if (record.action === "updated" && updated === null && deleted === null) return undefined
  const parts = ["event", source, record.name, record.uuid, updated, deleted]
  const changedAt = timeOf(deleted) ?? timeOf(updated)
  if (changedAt !== undefined) return { parts, timeNanos: changedAt }
  const createdAt = record.action === "created" ? timeOf(created) : undefined
  if (createdAt !== undefined)
    return { parts: [...parts, "TmCreate", created], timeNanos: createdAt }
  const emittedAt = plausible(emissionOf(headers))
  if (emittedAt === undefined) return { parts, timeNanos: 0n }
  return { parts: [...parts, "Timestamp", `${emittedAt}`], timeNanos: emittedAt }
}

// The same bytes with the same `Timestamp` are one emission, seen by several sessions.
function emittedParts({ headers, source }: EventMessage): Parts | undefined {
  const emittedAt = plausible(emissionOf(headers))
  if (emittedAt === undefined) return undefined
  const name = eventNameIn(headers) ?? null
  const said = ownHeaders(headers, parseEventName(name ?? "") !== undefined).flat()
  return { parts: ["emission", source, name, `${emittedAt}`, ...said], timeNanos: emittedAt }
}

function ownParts({ id, source, receivedAt }: EventMessage): Parts {
  const timeNanos = plausible(BigInt(receivedAt) * 1_000_000n) ?? 0n
  return { parts: ["message", source, id, `${receivedAt}`], timeNanos }
}

function recordIn(headers: readonly HeaderPair[]) {
  const name = eventNameIn(headers)
  const event = name === undefined ? undefined : parseEventName(name)
  const uuid = valueOf(headers, "Uuid")
  if (!name || !event || uuid === null) return undefined
  return { name, uuid, action: event.action, isVersioned: isVersioned(event.kind) }
}

const timeOf = (stamp: Part) => plausible(parseStamp(stamp ?? ""))

const plausible = (nanos: bigint | undefined) =>
  nanos !== undefined && isPlausible(nanos) ? nanos : undefined
