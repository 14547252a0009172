import { parseEpochStamp } from "./stamp.ts"

/** One line of an AMI message as read. Names may repeat, and order matters. */
export type HeaderPair = [name: string, value: string]

/**
 * The event's name, from the first header only. A UserEvent may have another `Event: Fake` header.
 */
export function eventNameIn(headers: readonly HeaderPair[]): string | undefined {
  const first = headers[0]
  return first && first[0].toLowerCase() === "event" ? first[1] : undefined
}

// Asterisk's three texts for a missing value, and the empty text.
export const isMissing = (value: string | undefined) =>
  value === undefined || value === "" || value === "<unknown>" || value === "(null)"

/** The first value of that name, or null if it is absent or a text for a missing value. */
export function valueOf(headers: readonly HeaderPair[], name: string): string | null {
  const value = headers.find((header) => header[0] === name)?.[1]
  return value === undefined || isMissing(value) ? null : value
}

const ENVELOPE = new Set(
  "event privilege timestamp actionid sequencenumber file line func".split(" "),
)

/** Whether the header describes the message rather than the event. */
export const isEnvelope = (name: string) => ENVELOPE.has(name.toLowerCase())

// With `timestampevents=yes` Asterisk writes `Timestamp` right after Privilege. `manager set debug
// on` adds four lines. Later headers of these names belong to the event: the sender of a UserEvent
// chooses them.
function coreCount(headers: readonly HeaderPair[]): number {
  let count = 0
  for (const name of ["event", "privilege", "timestamp"]) {
    if (headers[count]?.[0].toLowerCase() === name) count++
  }
  const isDebug = DEBUG_NAMES.every((name, at) => headers[count + at]?.[0].toLowerCase() === name)
  return isDebug ? count + DEBUG_NAMES.length : count
}

const DEBUG_NAMES = ["sequencenumber", "file", "line", "func"]

/**
 * The event's own headers. In the dialler's records, headers with an envelope name are always
 * excluded.
 */
export function ownHeaders(headers: readonly HeaderPair[], isRecord: boolean): HeaderPair[] {
  return isRecord
    ? headers.filter(([name]) => !isEnvelope(name))
    : headers.slice(coreCount(headers))
}

/** When Asterisk emitted the event, in ns since the epoch; undefined without a Timestamp. */
export function emissionOf(headers: readonly HeaderPair[]): bigint | undefined {
  const core = headers.slice(0, coreCount(headers))
  return parseEpochStamp(valueOf(core, "Timestamp") ?? "")
}
