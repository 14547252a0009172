/** A while in which the PBX was not read. */
export type Break = { from: number; to: number; reason: "restarted" | "disconnected" }

/** Which times this collector has read its PBX in, by its own clock. */
export class Coverage {
  #brokenAt: number | null
  #reason: Break["reason"] = "restarted"
  #connectedSince: number | null = null

  /** `readUntil`: up to when an earlier run had read; null at the very first start, which misses nothing. */
  constructor(readUntil: number | null) {
    this.#brokenAt = readUntil
  }

  /** Since when there has been a session without a break; null while there is none. */
  get connectedSince(): number | null {
    return this.#connectedSince
  }

  /** A session was opened. The result is the break that it ends. */
  open(at: number): Break | null {
    if (this.#connectedSince !== null) return null
    this.#connectedSince = at
    const from = this.#brokenAt
    this.#brokenAt = null
    // A clock that was set back makes a short gap, never a negative one.
    return from === null ? null : { from: Math.min(from, at), to: at, reason: this.#reason }
  }

  /** The session is gone. Nothing after `lastReadAt` was heard. */
  lose(lastReadAt: number): void {
    if (this.#connectedSince === null) return
    this.#connectedSince = null
    this.#brokenAt = lastReadAt
    this.#reason = "disconnected"
  }

  /** Up to when all that the PBX said is safe; null before the first session. Kept for the next start. */
  readUntil(lastReadAt: number | null, oldestUnsavedAt: number | null): number | null {
    const heard = this.#connectedSince === null ? this.#brokenAt : lastReadAt
    return heard === null ? null : Math.min(heard, oldestUnsavedAt ?? heard)
  }
}
