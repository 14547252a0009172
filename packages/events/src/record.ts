import { createHash } from "node:crypto"
import { HASH_BYTES } from "./ids.ts"
import { eventNameIn, type HeaderPair, isEnvelope, isMissing } from "./header.ts"
import { type Action, eventNameOf, kindOfEntry } from "./ami-event-kinds.ts"

/**
 * A hash of the record's headers, 12 bytes. A list row has the same hash as the event that last
 * changed the record. Ignores the message's own headers, the form of missing values, and order.
 */
export function fingerprint(headers: readonly HeaderPair[]): Buffer {
  const said = headers.filter(([name, value]) => !isEnvelope(name) && !isMissing(value))
  // A stable sort: repeated headers keep their order, and the last variable wins.
  const sorted = said.toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
  const digest = createHash("sha256").update(JSON.stringify(sorted)).digest()
  return digest.subarray(0, HASH_BYTES)
}

/** The event that a row of a `Show` list represents; undefined if the message is not such a row. */
export function eventFromEntry(
  entry: readonly HeaderPair[],
  action: Action,
): HeaderPair[] | undefined {
  const kind = kindOfEntry(eventNameIn(entry) ?? "")
  if (!kind) return undefined
  return [["Event", eventNameOf(kind, action)], ...entry.filter(([name]) => !isEnvelope(name))]
}
