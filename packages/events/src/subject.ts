import { eventNameIn, type HeaderPair, isMissing, valueOf } from "./header.ts"
import { parseEventName } from "./ami-event-kinds.ts"

/**
 * The subject of an event: the Uuid of the dialler's record; for other events the channel's
 * Uniqueid, else Linkedid.
 */
export function subjectOf(headers: readonly HeaderPair[]): string | null {
  if (parseEventName(eventNameIn(headers) ?? "")) return valueOf(headers, "Uuid")
  return anyCase(headers, "uniqueid") ?? anyCase(headers, "linkedid")
}

// Asterisk writes Uniqueid or UniqueID, depending on event and version.
function anyCase(headers: readonly HeaderPair[], name: string): string | null {
  const value = headers.find((header) => header[0].toLowerCase() === name)?.[1]
  return value === undefined || isMissing(value) ? null : value
}
