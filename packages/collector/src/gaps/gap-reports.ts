import type { Envelope } from "../envelope.ts"
import type { Log } from "../log.ts"
import type { Spool } from "../spool/spool.ts"
import type { GapReason } from "./losses.ts"
import type { OpenGaps } from "./open-gaps.ts"
import type { Inferred } from "./resync.ts"

/** A gap that has ended. `since`: start of the coverage before the gap, if known. */
export type Gap = { id: string; from: number; to: number; reason: GapReason; since?: number }

type ReportOptions = {
  spool: Pick<Spool, "append" | "flush" | "diskTrouble">
  envelope: Envelope
  openGaps: OpenGaps
  log: Log
  now: () => number
}

/** Writes each gap report to the spool once. */
export class GapReports {
  readonly counts: Record<string, number> = {}
  readonly #options: ReportOptions
  // Reported, and perhaps in memory alone.
  readonly #unsaved = new Set<string>()

  constructor(options: ReportOptions) {
    this.#options = options
  }

  /** Saves the gap with its final bounds, so that a repeated report is identical. */
  keep(gap: Gap): void {
    this.#options.openGaps.keep(gap)
  }

  async report({ id, reason, from, to, since }: Gap, inferred: Inferred): Promise<void> {
    const { spool, envelope, log, now } = this.#options
    this.counts[reason] = (this.counts[reason] ?? 0) + 1
    const gap = { id, from, to, reason, inferred, ...(since !== undefined && { since }) }
    spool.append(envelope.gap(gap, now()), true)
    const seconds = (to - from) / 1_000
    // Other reasons already raised their alarm when the gap began.
    log("gap", {
      alarm: reason === "restarted",
      reason,
      from: iso(from),
      to: iso(to),
      seconds,
      inferred,
    })
    this.#unsaved.add(id)
    await spool.flush()
    await this.forgetSaved()
  }

  /** Forgets the gaps whose reports are on the disk. The next start reports the others again. */
  async forgetSaved(): Promise<void> {
    const { spool, openGaps } = this.#options
    const ids = [...this.#unsaved]
    if (ids.length === 0 || spool.diskTrouble !== null) return
    await spool.flush()
    if (spool.diskTrouble !== null) return
    for (const id of ids) {
      openGaps.forget(id)
      this.#unsaved.delete(id)
    }
  }
}

const iso = (ms: number) => new Date(ms).toISOString()
