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

// With `timestampevents=yes` Asterisk writes `Timestamp` right after Privilege. A UserEvent's own headers come
// later, under names that its sender chose: those say nothing of the emission.
export function emissionOf(headers: readonly HeaderPair[]): bigint | undefined {
  const own = eventNameIn(headers) === "UserEvent" ? headers.slice(0, 3) : headers
  return parseEpochStamp(valueOf(own, "Timestamp") ?? "")
}
