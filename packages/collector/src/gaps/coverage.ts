import type { LossStreak } from "./losses.ts"

/** A while in which the PBX was not read. */
export type Break = {
  from: number
  to: number
  reason: "restarted" | "disconnected"
  /** Since when it had been read before. */
  since?: number
}

type While = [from: number, to: number]

/** What a heartbeat says: since when all was read and kept; where that is not so now, the last while in which it was. */
type Claim = { connectedSince: number | null; readBefore?: While }

/** Which times this collector has read its PBX in, by its own clock. */
export class Coverage {
  #brokenAt: number | null
  #reason: Break["reason"] = "restarted"
  #connectedSince: number | null = null
  #last: While | undefined

  /**
   * `readUntil`: up to when an earlier run had read; null at the very first start, which misses nothing. `readSince`: since
   * when it had, where that is known.
   */
  constructor(readUntil: number | null, readSince?: number) {
    this.#brokenAt = readUntil
    if (readUntil !== null && readSince !== undefined && readSince <= readUntil)
      this.#last = [readSince, readUntil]
  }

  /** Since when there has been a session without a break; null while there is none. */
  get connectedSince(): number | null {
    return this.#connectedSince
  }

  /** A session was opened. The result is the break that it ends. `lostAt`: when something read could last not be kept. */
  open(at: number, lostAt = 0): Break | null {
    if (this.#connectedSince !== null) return null
    this.#connectedSince = at
    const from = this.#brokenAt
    this.#brokenAt = null
    // A clock that was set back makes a short gap, never a negative one.
    if (from === null) return null
    const began = this.#last && Math.max(this.#last[0], lostAt)
    const since = began !== undefined && began <= from && from <= at ? began : undefined
    const gap = { from: Math.min(from, at), to: at, reason: this.#reason }
    return since === undefined ? gap : { ...gap, since }
  }

  /** The session is gone. Nothing after `lastReadAt` was heard. */
  lose(lastReadAt: number): void {
    if (this.#connectedSince === null) return
    this.#last = [this.#connectedSince, Math.max(this.#connectedSince, lastReadAt)]
    this.#connectedSince = null
    this.#brokenAt = lastReadAt
    this.#reason = "disconnected"
  }

  /** What this collector may claim to have covered, given what it read and could not keep. */
  claim({ openSince, latest = 0 }: LossStreak): Claim {
    const isOn = this.#connectedSince !== null
    const read = isOn ? ([this.#connectedSince!, Infinity] as const) : this.#last
    if (!read) return { connectedSince: null }
    const [from, to] = read
    if (openSince !== undefined) return claimEnded(from, Math.min(to, openSince))
    const since = Math.max(from, latest)
    return isOn ? { connectedSince: since } : claimEnded(since, to)
  }

  /** Since when it has, or had, read and kept all, in the while that lasts or was the last. */
  readSince(lostAt = 0): number | null {
    const since = this.#connectedSince ?? this.#last?.[0]
    return since === undefined ? null : Math.max(since, lostAt)
  }

  /** Up to when all that the PBX said is safe; null before the first session. Kept for the next start. */
  readUntil(lastReadAt: number | null, oldestUnsavedAt: number | null): number | null {
    const heard = this.#connectedSince === null ? this.#brokenAt : lastReadAt
    return heard === null ? null : Math.min(heard, oldestUnsavedAt ?? heard)
  }
}

const claimEnded = (from: number, to: number): Claim =>
  from > to ? { connectedSince: null } : { connectedSince: null, readBefore: [from, to] }
