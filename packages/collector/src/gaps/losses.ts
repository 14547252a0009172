import { makeMessageId } from "../envelope.ts"

/**
 * Why a period is not covered by events. `restarted`, `disconnected`: this collector did not read
 * its PBX. `spool-full`, `spool-damaged`: messages were read but could not be stored. `oversized`,
 * `refused`: single messages that no queue accepts, whichever collector sends them.
 */
export type GapReason =
  "restarted" | "disconnected" | "spool-full" | "spool-damaged" | "oversized" | "refused"

export type LossStreak = { openSince: number | undefined; latest: number | undefined }

export type Loss = { id: string; reason: GapReason; from: number; to: number; count: number }

// Losses come in bursts. A burst is reported once, after this time without another loss.
const QUIET_MS = 5_000

/** Groups single losses into periods. */
export class Losses {
  #open = new Map<GapReason, Loss>()
  #counts = new Map<GapReason, number>()
  #latest = new Map<GapReason, number>()
  #onBegin: (loss: Loss) => void

  /** `onBegin` is called at the first loss of a burst, and again if an earlier one is found. */
  constructor(onBegin: (loss: Loss) => void) {
    this.#onBegin = onBegin
  }

  note(reason: GapReason, at: number): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
    this.#latest.set(reason, at)
    const open = this.#open.get(reason)
    const loss = open ?? { id: makeMessageId(), reason, from: at, to: at, count: 0 }
    this.#open.set(reason, loss)
    loss.count++
    loss.to = Math.max(loss.to, at)
    if (open && at >= open.from) return
    loss.from = at
    this.#onBegin(loss)
  }

  /** Number of losses since the start, by reason. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }

  /** Start of the current burst, and time of the latest loss, reported or not. */
  streakOf(reason: GapReason): LossStreak {
    return { openSince: this.#open.get(reason)?.from, latest: this.#latest.get(reason) }
  }

  /** Returns the bursts that have ended; with `now` Infinity all of them. */
  takeQuiet(now: number): Loss[] {
    const quiet = [...this.#open.values()].filter(({ to }) => now - to >= QUIET_MS)
    for (const { reason } of quiet) this.#open.delete(reason)
    return quiet
  }
}
