import { type Action, type RecordKind, parseEventName } from "@ringback/events/ami-event-kinds"

/**
 * An event name that is forwarded: its record kind, if it is one of the dialler's, and how many
 * were seen.
 */
export type Wanted = {
  recordEvent: { kind: RecordKind; action: Action } | undefined
  count: number
}

const MAX_UNWANTED = 1_000

/**
 * Selects the AMI events to forward: the dialler's and the configured ones, ignoring case. List
 * rows are never selected.
 */
export class Selection {
  readonly #names: Set<string>
  // There are few names and many events, so each name is classified once.
  readonly #wanted = new Map<string, Wanted>()
  readonly #unwanted = new Set<string>()

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => name.toLowerCase()))
  }

  find(name: string): Wanted | undefined {
    const known = this.#wanted.get(name)
    if (known || this.#unwanted.has(name)) return known
    const recordEvent = parseEventName(name)
    if (!recordEvent && !this.#names.has(name.toLowerCase())) {
      if (this.#unwanted.size < MAX_UNWANTED) this.#unwanted.add(name)
      return undefined
    }
    const wanted: Wanted = { recordEvent, count: 0 }
    this.#wanted.set(name, wanted)
    return wanted
  }

  /** Number of events, by name. */
  counts(): Record<string, number> {
    const counts = [...this.#wanted].map(([name, { count }]) => [name, count] as const)
    return Object.fromEntries(counts.filter(([, count]) => count > 0))
  }
}
