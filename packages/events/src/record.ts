import { createHash } from "node:crypto"
import { HASH_BYTES } from "./ids.ts"
import { eventNameIn, type HeaderPair, isEnvelope, isMissing } from "./header.ts"
import { type Action, eventNameOf, kindOfEntry } from "./kind.ts"

/**
 * A hash of what the headers say of the record, 12 bytes. A list's row and the event that last changed the
 * record agree on it: the message's own headers, the ways to say "nothing" and the order play no part.
 */
export function fingerprint(headers: readonly HeaderPair[]): Buffer {
  const said = headers.filter(([name, value]) => !isEnvelope(name) && !isMissing(value))
  // Stable: repeated headers keep their order, in which the last variable wins.
  const sorted = said.toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
  const digest = createHash("sha256").update(JSON.stringify(sorted)).digest()
  return digest.subarray(0, HASH_BYTES)
}

/** The event that a row of a `Show` list stands in for; undefined where the message is no such row. */
export function eventFromEntry(
  entry: readonly HeaderPair[],
  action: Action,
): HeaderPair[] | undefined {
  const kind = kindOfEntry(eventNameIn(entry) ?? "")
  if (!kind) return undefined
  return [["Event", eventNameOf(kind, action)], ...entry.filter(([name]) => !isEnvelope(name))]
}
