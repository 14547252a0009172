import { MAX_OTHER_GAPS } from "@ringback/events/message"
import type { State } from "../state.ts"
import type { OpenGap } from "./open-gaps.ts"

/** What the lists have not yet shown, because they could not be had, or the session or the process ended meanwhile. */
export type Unfilled = {
  /** Of the gaps, the newest last; none where there was no gap. */
  gaps: string[]
  /** When the first of them began. */
  from: number | null
  reason: string
  hasRestarted: boolean
  /** The dialler's module was loaded anew. */
  isModule: boolean
}

/** How its state is kept. Whether the PBX has restarted is asked for again by the next run. */
const FACT = "unfilled"

// Of other gaps the lists show nothing: what was lost had been read.
const FILLED_REASONS = new Set(["restarted", "disconnected", "spool-full"])

/** Keeps what is unfilled over a restart: the gap of the restart alone may be covered by a twin, and those before it not. */
export class UnfilledGaps {
  readonly #state: State
  readonly #attempt: (write: () => void) => void
  #unfilled: Unfilled | undefined

  /** `left`: gaps that an earlier run did not live to report; so it did not ask, or was asking. */
  constructor(state: State, attempt: (write: () => void) => void, left: readonly OpenGap[]) {
    this.#state = state
    this.#attempt = attempt
    const kept = parseKept(state.get(FACT))
    const open = left.filter(({ reason }) => FILLED_REASONS.has(reason))
    const begun = [...(kept ? [kept.from] : []), ...open.map(({ from }) => from)]
    if (begun.length === 0) return
    const from = Math.min(...begun)
    const gaps = [...new Set([...(kept?.gaps ?? []), ...open.map(({ id }) => id)])]
    this.#unfilled = {
      gaps: gaps.slice(-MAX_OTHER_GAPS),
      from,
      reason: open.at(-1)?.reason ?? "restarted",
      hasRestarted: false,
      isModule: false,
    }
    // They are forgotten once they are reported, which may be before the lists are asked for.
    this.#keep(formatKept(from, gaps))
  }

  get current(): Unfilled | undefined {
    return this.#unfilled
  }

  set(unfilled: Unfilled): void {
    this.#unfilled = unfilled
    this.#keep(unfilled.from === null ? "" : formatKept(unfilled.from, unfilled.gaps))
  }

  /** The lists have shown it all. `isSaved`: and what was inferred of them is on the disk. */
  clear(isSaved: boolean): void {
    this.#unfilled = undefined
    if (isSaved) this.#keep("")
  }

  #keep(text: string): void {
    if (text === (this.#state.get(FACT) ?? "")) return
    this.#attempt(() => this.#state.set(FACT, text))
  }
}

// Ids are of base64url: no blank is in them.
const formatKept = (from: number, gaps: readonly string[]) => [from, ...gaps].join(" ")

function parseKept(text = ""): { from: number; gaps: string[] } | undefined {
  const [from, ...gaps] = text.split(" ")
  return from && gaps.length > 0 ? { from: Number(from), gaps } : undefined
}
