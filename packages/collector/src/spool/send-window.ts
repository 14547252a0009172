import { type SpoolRecord, sizeOf } from "./record.ts"

/** A message in the spool. Its bytes never change. */
export type Entry = SpoolRecord & {
  /** End position in the spool; 0 until it is on the disk. */
  end: number
  isLoaded: boolean
  isDone: boolean
}

/** Whether the message survives this process: it is on the disk or in the queue. */
export const isSafe = ({ end, isDone }: Entry) => end > 0 || isDone

/**
 * End position of the records in a newly written group that were sent during the write. The window
 * removed them before their position was known. `oldest`: the first record still in the window.
 */
export function endOfSent(group: readonly Entry[], oldest: Entry | undefined): number {
  const done = group.filter((entry) => entry.isDone && (!oldest?.end || entry.end < oldest.end))
  return done.at(-1)?.end ?? 0
}

/** The part of the spool in memory for sending. Taken in order, acknowledged in any order. */
export class SendWindow {
  #entries: Entry[] = []
  #first = 0
  #next = 0
  #waitingBytes = 0

  /** Size of the records not yet taken. */
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

  /**
   * Removes acknowledged records from the start. Returns the end position of the last one, 0 if
   * none was on the disk.
   */
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
