import { makeMessageId } from "../envelope.ts"

/**
 * Why a while is not covered by events:
 * `restarted`, `disconnected`: this collector did not read its PBX.
 * `spool-full`, `spool-damaged`: it read, and could not keep.
 * `oversized`, `refused`: single messages that no queue takes; a twin's copy fares no better.
 */
export type GapReason =
  "restarted" | "disconnected" | "spool-full" | "spool-damaged" | "oversized" | "refused"

export type LossStreak = { openSince: number | undefined; latest: number | undefined }

export type Loss = { id: string; reason: GapReason; from: number; to: number; count: number }

// Losses come in streaks: one report a streak, made when it has been quiet for so long.
const QUIET_MS = 5_000

/** Gathers single losses into spans. */
export class Losses {
  #open = new Map<GapReason, Loss>()
  #counts = new Map<GapReason, number>()
  #latest = new Map<GapReason, number>()
  #onBegin: (loss: Loss) => void

  /** `onBegin` is told of each streak at its first, and when one turns out to have been earlier. */
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

  /** All that was lost since the start, by reason. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }

  /** Where the streak of them began that is not over, and when the last one was, reported or not. */
  streakOf(reason: GapReason): LossStreak {
    return { openSince: this.#open.get(reason)?.from, latest: this.#latest.get(reason) }
  }

  /** The spans that are over; with `now` Infinity all of them. */
  takeQuiet(now: number): Loss[] {
    const quiet = [...this.#open.values()].filter(({ to }) => now - to >= QUIET_MS)
    for (const { reason } of quiet) this.#open.delete(reason)
    return quiet
  }
}
