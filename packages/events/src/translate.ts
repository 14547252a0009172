import { dataOf } from "./data.ts"
import { emissionOf, eventNameIn, type HeaderPair, valueOf } from "./header.ts"
import { isVersioned, parseEventName } from "./ami-event-kinds.ts"
import { formatMillis, formatNanos, parseStamp } from "./stamp.ts"
import { subjectOf } from "./subject.ts"

/** The fields of a webhook that come from an AMI event. */
export type Translated = {
  type: string
  /** When it happened. */
  timestamp: string
  /** When it was seen: the PBX's Timestamp, else the collector's clock. */
  observedAt: string
  subject: string | null
  data: Record<string, unknown>
}

export type TranslateContext = {
  /** The collector's clock, epoch ms. */
  receivedAt: number
  /** Leaves `variables` empty, because with them the event is too large to store. */
  withoutVariables?: boolean
}

/**
 * Translates an event. Undefined if the message is not an event, or its name is very long or has no
 * letter or digit.
 */
export function translate(
  headers: readonly HeaderPair[],
  { receivedAt, withoutVariables = false }: TranslateContext,
): Translated | undefined {
  const name = eventNameIn(headers)
  if (name === undefined) return undefined
  const known = parseEventName(name)
  const type = known ? `${known.kind}.${known.action}` : amiTypeOf(name)
  if (!type) return undefined
  const emitted = emissionOf(headers)
  const observedAt = emitted === undefined ? formatMillis(receivedAt) : formatNanos(emitted)
  const happenedAt = known && isVersioned(known.kind) ? happenedAtOf(headers) : undefined
  return {
    type,
    timestamp: happenedAt ?? observedAt,
    observedAt,
    subject: subjectOf(headers),
    data: dataOf(headers, { ...known, withoutVariables }),
  }
}

// In lower case, as types are in paths and filters.
const MAX_NAME_LENGTH = 96

function amiTypeOf(name: string): string | undefined {
  const word = name.toLowerCase().replace(/[^a-z0-9_-]/g, "")
  return /[a-z0-9]/.test(word) && word.length <= MAX_NAME_LENGTH ? `ami.${word}` : undefined
}

function happenedAtOf(headers: readonly HeaderPair[]): string | undefined {
  for (const name of ["TmDelete", "TmUpdate", "TmCreate"]) {
    const nanos = parseStamp(valueOf(headers, name) ?? "")
    if (nanos !== undefined) return formatNanos(nanos)
  }
  return undefined
}
