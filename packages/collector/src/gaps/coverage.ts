import type { LossStreak } from "./losses.ts"

/** A period in which this collector did not read the PBX. */
export type Break = {
  from: number
  to: number
  reason: "restarted" | "disconnected"
  /** Start of the coverage before the break; absent if unknown. */
  since?: number
}

type While = [from: number, to: number]

/**
 * The coverage reported by a heartbeat: `connectedSince` if everything is being read and stored
 * now, otherwise the last period in which it was.
 */
type Claim = { connectedSince: number | null; readBefore?: While }

/** Tracks the periods in which this collector read its PBX, by the collector's clock. */
export class Coverage {
  #brokenAt: number | null
  #reason: Break["reason"] = "restarted"
  #connectedSince: number | null = null
  #last: While | undefined

  /**
   * `readUntil`: end of the previous run's coverage; null on the first start, which has no gap.
   * `readSince`: its start, if known.
   */
  constructor(readUntil: number | null, readSince?: number) {
    this.#brokenAt = readUntil
    if (readUntil !== null && readSince !== undefined && readSince <= readUntil)
      this.#last = [readSince, readUntil]
  }

  /** Start of the current session; null without one. */
  get connectedSince(): number | null {
    return this.#connectedSince
  }

  /**
   * Records a new session and returns the break that it ends. `lostAt`: the last time a message
   * could not be stored.
   */
  open(at: number, lostAt = 0): Break | null {
    if (this.#connectedSince !== null) return null
    this.#connectedSince = at
    const from = this.#brokenAt
    this.#brokenAt = null
    // If the clock was set back, the gap is short rather than negative.
    if (from === null) return null
    const began = this.#last && Math.max(this.#last[0], lostAt)
    const since = began !== undefined && began <= from && from <= at ? began : undefined
    const gap = { from: Math.min(from, at), to: at, reason: this.#reason }
    return since === undefined ? gap : { ...gap, since }
  }

  /** Records the end of the session. Nothing after `lastReadAt` was read. */
  lose(lastReadAt: number): void {
    if (this.#connectedSince === null) return
    this.#last = [this.#connectedSince, Math.max(this.#connectedSince, lastReadAt)]
    this.#connectedSince = null
    this.#brokenAt = lastReadAt
    this.#reason = "disconnected"
  }

  /**
   * The coverage that this collector may report, given the messages that it read but could not
   * store.
   */
  claim({ openSince, latest = 0 }: LossStreak): Claim {
    const isOn = this.#connectedSince !== null
    const read = isOn ? ([this.#connectedSince!, Infinity] as const) : this.#last
    if (!read) return { connectedSince: null }
    const [from, to] = read
    if (openSince !== undefined) return claimEnded(from, Math.min(to, openSince))
    const since = Math.max(from, latest)
    return isOn ? { connectedSince: since } : claimEnded(since, to)
  }

  /** Start of the current or last period in which everything was read and stored. */
  readSince(lostAt = 0): number | null {
    const since = this.#connectedSince ?? this.#last?.[0]
    return since === undefined ? null : Math.max(since, lostAt)
  }

  /**
   * The time up to which everything that the PBX sent is stored; null before the first session.
   * Saved for the next start.
   */
  readUntil(lastReadAt: number | null, oldestUnsavedAt: number | null): number | null {
    const lastRead = this.#connectedSince === null ? this.#brokenAt : lastReadAt
    return lastRead === null ? null : Math.min(lastRead, oldestUnsavedAt ?? lastRead)
  }
}

const claimEnded = (from: number, to: number): Claim =>
  from > to ? { connectedSince: null } : { connectedSince: null, readBefore: [from, to] }
