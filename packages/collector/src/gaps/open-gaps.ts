import type { GapReason } from "./losses.ts"
import type { State } from "../state.ts"

/** A gap that is not yet reported in the spool. `to` is null while the gap lasts. */
export type OpenGap = { id: string; reason: GapReason; from: number; to: number | null }

/**
 * Saves each gap as soon as it is known, until its report is in the spool. Without it, a collector
 * that was killed in between would resume from its newest event, which is later than the gap.
 */
export class OpenGaps {
  /** Gaps that the previous run did not report. */
  readonly left: OpenGap[] = []
  #state: State
  #attempt: (write: () => void) => void
  // Gaps that could not be saved because the disk was full.
  #unsaved = new Map<string, OpenGap>()
  #unforgotten = new Set<string>()

  constructor(state: State, attempt: (write: () => void) => void) {
    this.#state = state
    this.#attempt = attempt
    // On a full disk this table may not be created. The collector must still read the PBX.
    attempt(() => {
      state.database.exec(
        `CREATE TABLE IF NOT EXISTS open_gaps
         (id TEXT PRIMARY KEY, reason TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER) WITHOUT ROWID`,
      )
      const rows = state.database.prepare("SELECT * FROM open_gaps ORDER BY began").all()
      for (const { id, reason, began, ended } of rows) {
        this.left.push({
          id: id as string,
          reason: reason as GapReason,
          from: began as number,
          to: ended as number | null,
        })
      }
    })
  }

  /**
   * Saves the gap before any newer event reaches the spool. Gaps are rare, so each save is flushed.
   */
  keep(gap: OpenGap): void {
    const { id, reason, from, to } = gap
    const sql = "INSERT OR REPLACE INTO open_gaps VALUES (?, ?, ?, ?)"
    this.#unsaved.set(id, gap)
    this.#attempt(() => {
      this.#state.durably(() => this.#state.database.prepare(sql).run(id, reason, from, to))
      this.#unsaved.delete(id)
    })
  }

  /**
   * Whether all gaps are saved, including those that failed before. The saved progress must not be
   * newer than they are.
   */
  areSaved(): boolean {
    for (const gap of this.#unsaved.values()) this.keep(gap)
    for (const id of this.#unforgotten) this.forget(id)
    return this.#unsaved.size === 0
  }

  forget(id: string): void {
    const sql = "DELETE FROM open_gaps WHERE id = ?"
    this.#unsaved.delete(id)
    this.#unforgotten.add(id)
    this.#attempt(() => {
      this.#state.database.prepare(sql).run(id)
      this.#unforgotten.delete(id)
    })
  }
}
