import { type SpoolRecord, sizeOf } from "./record.ts"

/** A message in the spool. Its bytes are made once and never change. */
export type Entry = SpoolRecord & {
  /** Where it ends in the spool; 0 while it is not on the disk. */
  end: number
  isLoaded: boolean
  isDone: boolean
}

/** Whether the message outlives this process: on the disk, or with the queue. */
export const isSafe = ({ end, isDone }: Entry) => end > 0 || isDone

/**
 * Of a group that is on the disk now: up to where all was sent while it was being written, so that the window has let go of
 * it without knowing its place. `oldest`: the first that the window still has.
 */
export function endOfSent(group: readonly Entry[], oldest: Entry | undefined): number {
  const done = group.filter((entry) => entry.isDone && (!oldest?.end || entry.end < oldest.end))
  return done.at(-1)?.end ?? 0
}

/** The part of the spool that is in memory for sending: oldest first, taken in order, acknowledged in any. */
export class SendWindow {
  #entries: Entry[] = []
  #first = 0
  #next = 0
  #waitingBytes = 0

  /** Of what nobody has taken yet. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  get oldest(): Entry | undefined {
    return this.#entries[this.#first]
  }

  push(entry: Entry): void {
    entry.isLoaded = true
    this.#entries.push(entry)
    this.#waitingBytes += sizeOf(entry)
  }

  take(maxCount: number, maxBytes: number): Entry[] {
    const taken: Entry[] = []
    let bytes = 0
    while (taken.length < maxCount) {
      const entry = this.#entries[this.#next]
      if (!entry || (taken.length > 0 && bytes + sizeOf(entry) > maxBytes)) break
      bytes += sizeOf(entry)
      taken.push(entry)
      this.#next++
    }
    this.#waitingBytes -= bytes
    return taken
  }

  /** Lets go of the done ones at the head. The result is where the last of them ended, 0 if none was on the disk. */
  shift(): number {
    let end = 0
    for (let entry; (entry = this.#entries[this.#first])?.isDone; this.#first++) {
      end = Math.max(end, entry.end)
    }
    if (this.#first > 1_000 && this.#first * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#first)
      this.#next -= this.#first
      this.#first = 0
    }
    return end
  }
}
