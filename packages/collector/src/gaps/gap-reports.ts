import type { Envelope } from "../envelope.ts"
import type { Log } from "../log.ts"
import type { Spool } from "../spool/spool.ts"
import type { GapReason } from "./losses.ts"
import type { OpenGaps } from "./open-gaps.ts"
import type { Inferred } from "./resync.ts"

/** A gap that has ended. `since`: start of the coverage before the gap, if known. */
export type Gap = { id: string; from: number; to: number; reason: GapReason; since?: number }

type ReportOptions = {
  spool: Spool
  envelope: Envelope
  openGaps: OpenGaps
  log: Log
  now: () => number
}

/** Writes each gap report to the spool once. */
export class GapReports {
  readonly counts: Record<string, number> = {}
  readonly #options: ReportOptions

  constructor(options: ReportOptions) {
    this.#options = options
  }

  /** Saves the gap with its final bounds, so that a repeated report is identical. */
  keep(gap: Gap): void {
    this.#options.openGaps.keep(gap)
  }

  async report({ id, reason, from, to, since }: Gap, inferred: Inferred): Promise<void> {
    const { spool, envelope, openGaps, log, now } = this.#options
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
    await spool.flush()
    // While the disk fails, the report is only in memory. Keep the gap so that the next start can
    // report it again.
    if (spool.diskTrouble === null) openGaps.forget(id)
  }
}

const iso = (ms: number) => new Date(ms).toISOString()
