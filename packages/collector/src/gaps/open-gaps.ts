import type { GapReason } from "./losses.ts"
import type { State } from "../state.ts"

/** A gap that the spool does not know of yet. `to` is null while it lasts. */
export type OpenGap = { id: string; reason: GapReason; from: number; to: number | null }

/**
 * Remembers each gap from when it is known (losses at the first of them, a while without a session when that ends) until
 * its report is in the spool. Without it a collector that is killed in between would go by its newest event at the next start,
 * and that is younger than the gap.
 */
export class OpenGaps {
  /** Of the run before, which did not live to report them. */
  readonly left: OpenGap[] = []
  #state: State
  #attempt: (write: () => void) => void
  // Those that a full disk refused.
  #unsaved = new Map<string, OpenGap>()
  #unforgotten = new Set<string>()

  constructor(state: State, attempt: (write: () => void) => void) {
    this.#state = state
    this.#attempt = attempt
    // On a full disk a state of an earlier version may get no new table: no reason not to read the PBX.
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

  /** Notes it, or its new bounds, before anything younger can be in the spool: rare, so it is worth a flush of the disk. */
  keep(gap: OpenGap): void {
    const { id, reason, from, to } = gap
    const sql = "INSERT OR REPLACE INTO open_gaps VALUES (?, ?, ?, ?)"
    this.#unsaved.set(id, gap)
    this.#attempt(() => {
      this.#state.durably(() => this.#state.database.prepare(sql).run(id, reason, from, to))
      this.#unsaved.delete(id)
    })
  }

  /** Whether all are noted, those too that the disk had refused. What the next run goes by must not be younger than they are. */
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
