import { type Action, type Kind, parseEventName } from "@ringback/events/kind"

/** A name of events that are forwarded: what it speaks of, where that is a record of the dialler, and how many came. */
export type Wanted = { said: { kind: Kind; action: Action } | undefined; count: number }

const MAX_UNWANTED = 1_000

/** Which AMI events are forwarded: the dialler's, and those named (in any case). Never the rows of lists. */
export class Selection {
  readonly #names: Set<string>
  // Few names come often: each is judged once, and looked up once for each event.
  readonly #wanted = new Map<string, Wanted>()
  readonly #unwanted = new Set<string>()

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => name.toLowerCase()))
  }

  find(name: string): Wanted | undefined {
    const known = this.#wanted.get(name)
    if (known || this.#unwanted.has(name)) return known
    const said = parseEventName(name)
    if (!said && !this.#names.has(name.toLowerCase())) {
      if (this.#unwanted.size < MAX_UNWANTED) this.#unwanted.add(name)
      return undefined
    }
    const wanted: Wanted = { said, count: 0 }
    this.#wanted.set(name, wanted)
    return wanted
  }

  /** How many came of each. */
  counts(): Record<string, number> {
    const counts = [...this.#wanted].map(([name, { count }]) => [name, count] as const)
    return Object.fromEntries(counts.filter(([, count]) => count > 0))
  }
}
