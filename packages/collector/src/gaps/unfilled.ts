import { MAX_OTHER_GAPS } from "@ringback/events/message"
import type { State } from "../state.ts"
import type { OpenGap } from "./open-gaps.ts"

/**
 * Gaps not yet filled from the lists, because these were unavailable or the session or process
 * ended.
 */
export type Unfilled = {
  /** Ids of the gaps, newest last; empty if there was no gap. */
  gaps: string[]
  /** Start of the first gap. */
  from: number | null
  reason: string
  hasRestarted: boolean
  /** The dialler's module was reloaded. */
  isModule: boolean
}

/**
 * The name in the saved state. Whether the PBX has restarted is not saved; the next run checks it
 * again.
 */
const FACT = "unfilled"

// Other gaps cannot be filled from lists, because their messages were read and then lost.
const FILLED_REASONS = new Set(["restarted", "disconnected", "spool-full"])

/**
 * Keeps unfilled gaps over a restart. The restart's own gap may be covered by another collector,
 * but not the gaps before it.
 */
export class UnfilledGaps {
  readonly #state: State
  readonly #attempt: (write: () => void) => void
  #unfilled: Unfilled | undefined

  /** `left`: gaps that an earlier run did not report. Their list requests were not completed. */
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
    // Saved here because a gap is removed from the open gaps once reported, perhaps before the
    // lists are read.
    this.#keep(formatKept(from, gaps))
  }

  get current(): Unfilled | undefined {
    return this.#unfilled
  }

  set(unfilled: Unfilled): void {
    this.#unfilled = unfilled
    this.#keep(unfilled.from === null ? "" : formatKept(unfilled.from, unfilled.gaps))
  }

  /** All gaps are filled. `isSaved`: the inferred events are on the disk. */
  clear(isSaved: boolean): void {
    this.#unfilled = undefined
    if (isSaved) this.#keep("")
  }

  #keep(text: string): void {
    if (text === (this.#state.get(FACT) ?? "")) return
    this.#attempt(() => this.#state.set(FACT, text))
  }
}

// Ids are base64url and contain no spaces.
const formatKept = (from: number, gaps: readonly string[]) => [from, ...gaps].join(" ")

function parseKept(text = ""): { from: number; gaps: string[] } | undefined {
  const [from, ...gaps] = text.split(" ")
  return from && gaps.length > 0 ? { from: Number(from), gaps } : undefined
}
