import { sizeOf } from "./record.ts"
import type { Entry } from "./send-window.ts"

const GROUP_MAX_BYTES = 4 * 1_048_576

/**
 * Records that are not on the disk yet, in order. Those already in the send window (while the disk
 * fails) come first.
 */
export class PendingRecords {
  #entries: Entry[] = []
  #bytes = 0

  get entries(): readonly Entry[] {
    return this.#entries
  }

  get bytes(): number {
    return this.#bytes
  }

  get oldest(): Entry | undefined {
    return this.#entries[0]
  }

  /** The queue may accept a record while the disk is still writing it. */
  get oldestUnsent(): Entry | undefined {
    return this.#entries.find(({ isDone }) => !isDone)
  }

  get newest(): Entry | undefined {
    return this.#entries.at(-1)
  }

  has(entry: Entry): boolean {
    return this.#entries.includes(entry)
  }

  push(entry: Entry): void {
    this.#entries.push(entry)
    this.#bytes += sizeOf(entry)
  }

  /** The oldest records, up to the size of one write. */
  group(): Entry[] {
    const group: Entry[] = []
    let bytes = 0
    for (const entry of this.#entries) {
      if (bytes > GROUP_MAX_BYTES) break
      bytes += sizeOf(entry)
      group.push(entry)
    }
    return group
  }

  /** Removes the oldest group, which is now on the disk. */
  written(group: readonly Entry[]): void {
    this.#entries.splice(0, group.length)
    this.#bytes -= bytesOf(group)
  }

  /** Removes records that were sent from memory. */
  forgetDone(): void {
    if (!this.#entries[0]?.isLoaded) return
    this.#entries = this.#entries.filter((entry) => !entry.isDone)
    this.#bytes = bytesOf(this.#entries)
  }
}

const bytesOf = (entries: readonly Entry[]) =>
  entries.reduce((sum, entry) => sum + sizeOf(entry), 0)
