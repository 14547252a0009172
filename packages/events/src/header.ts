import { parseEpochStamp } from "./stamp.ts"

/** One line of an AMI message, as read. Names repeat, and their order matters. */
export type HeaderPair = [name: string, value: string]

/** The event's name. The first header alone decides: a UserEvent may carry an `Event: Fake` further down. */
export function eventNameIn(headers: readonly HeaderPair[]): string | undefined {
  const first = headers[0]
  return first && first[0].toLowerCase() === "event" ? first[1] : undefined
}

// Asterisk's three ways to say that there is nothing, and the empty text.
export const isMissing = (value: string | undefined) =>
  value === undefined || value === "" || value === "<unknown>" || value === "(null)"

/** The first value of that name, or null where it is missing in whichever way. */
export function valueOf(headers: readonly HeaderPair[], name: string): string | null {
  const value = headers.find((header) => header[0] === name)?.[1]
  return value === undefined || isMissing(value) ? null : value
}

const ENVELOPE = new Set(
  "event privilege timestamp actionid sequencenumber file line func".split(" "),
)

/** Whether the header says something of the message rather than of what happened. */
export const isEnvelope = (name: string) => ENVELOPE.has(name.toLowerCase())

// With `timestampevents=yes` Asterisk writes `Timestamp` right after Privilege, and with `manager set debug on` four more
// lines after that. Further down the same names are the event's own: a UserEvent's sender chooses them.
function coreCount(headers: readonly HeaderPair[]): number {
  let count = 0
  for (const name of ["event", "privilege", "timestamp"]) {
    if (headers[count]?.[0].toLowerCase() === name) count++
  }
  const isDebug = DEBUG_NAMES.every((name, at) => headers[count + at]?.[0].toLowerCase() === name)
  return isDebug ? count + DEBUG_NAMES.length : count
}

const DEBUG_NAMES = ["sequencenumber", "file", "line", "func"]

/** What an event says itself. A record of the dialler has no field of an envelope's name, wherever that stands. */
export function ownHeaders(headers: readonly HeaderPair[], isRecord: boolean): HeaderPair[] {
  return isRecord
    ? headers.filter(([name]) => !isEnvelope(name))
    : headers.slice(coreCount(headers))
}

/** When Asterisk emitted the event, in ns since the epoch; undefined where it does not say. */
export function emissionOf(headers: readonly HeaderPair[]): bigint | undefined {
  const core = headers.slice(0, coreCount(headers))
  return parseEpochStamp(valueOf(core, "Timestamp") ?? "")
}
