import type { Envelope } from "../envelope.ts"
import type { Log } from "../log.ts"
import type { Spool } from "../spool/spool.ts"
import type { GapReason } from "./losses.ts"
import type { OpenGaps } from "./open-gaps.ts"
import type { Inferred } from "./resync.ts"

/** A gap that is over. `since`: from when on all had been read before it, where that is known. */
export type Gap = { id: string; from: number; to: number; reason: GapReason; since?: number }

type ReportOptions = {
  spool: Spool
  envelope: Envelope
  openGaps: OpenGaps
  log: Log
  now: () => number
}

/** Puts each gap's report into the spool, once. */
export class GapReports {
  readonly counts: Record<string, number> = {}
  readonly #options: ReportOptions

  constructor(options: ReportOptions) {
    this.#options = options
  }

  /** Notes it with the end that is reported: made once more, the report must be the same. */
  keep(gap: Gap): void {
    this.#options.openGaps.keep(gap)
  }

  async report({ id, reason, from, to, since }: Gap, inferred: Inferred): Promise<void> {
    const { spool, envelope, openGaps, log, now } = this.#options
    this.counts[reason] = (this.counts[reason] ?? 0) + 1
    const gap = { id, from, to, reason, inferred, ...(since !== undefined && { since }) }
    spool.append(envelope.gap(gap, now()), true)
    const seconds = (to - from) / 1_000
    // Whatever else makes a gap has raised its alarm when it began.
    log("gap", {
      alarm: reason === "restarted",
      reason,
      from: iso(from),
      to: iso(to),
      seconds,
      inferred,
    })
    await spool.flush()
    // While the disk refuses, the report is in memory alone: should that be lost, the next start makes the same again.
    if (spool.diskTrouble === null) openGaps.forget(id)
  }
}

const iso = (ms: number) => new Date(ms).toISOString()
