import type { Draft } from "../envelope.ts"
import { FRAME_BYTES, joinRecords, RecordWriter, receivedAtOf, sizeOf } from "./record.ts"
import {
  DISK_RETRY_MS,
  GROUP_BYTES,
  GROUP_MS,
  MEMORY_BYTES,
  SEGMENT_BYTES,
  WINDOW_BYTES,
} from "./limits.ts"
import { PendingRecords } from "./pending-records.ts"
import { type Damage, recoverSegments, type Recovered } from "./recovery.ts"
import { listSegments, type Segment } from "./segment.ts"
import { SegmentFiles } from "./segment-files.ts"
import { endOfSent, type Entry, SendWindow } from "./send-window.ts"
import type { SpoolOptions } from "./spool-options.ts"
import { WindowLoader } from "./window-loader.ts"

/** A queue on the disk. Messages can be taken until they are acknowledged, over any number of restarts. */
export class Spool {
  #options: SpoolOptions
  #files: SegmentFiles
  #window = new SendWindow()
  #writer = new RecordWriter()
  #acknowledged: number
  #depth: number
  #pending = new PendingRecords()
  #flushing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #flushedAt = -Infinity
  #trouble: Error | null = null
  #loader: WindowLoader
  #dropping: Promise<void> | undefined
  #waiters: (() => void)[] = []
  #isClosed = false
  /** The parts of the spool that were unreadable at the start. */
  readonly damages: Damage[]
  /** Time of the newest message found at the start; null if there was none. */
  readonly lastReceivedAt: number | null

  static async open(options: SpoolOptions): Promise<Spool> {
    const segments = await listSegments(options.dir)
    const from = Math.max(options.acknowledged, segments[0]?.start ?? 0)
    const spool = new Spool(
      options,
      segments,
      from,
      await recoverSegments(segments, from, options.onRecovered),
    )
    await spool.#files.dropBefore(from).catch(() => {})
    await spool.#load()
    return spool
  }

  private constructor(options: SpoolOptions, segments: Segment[], from: number, found: Recovered) {
    this.#options = options
    this.#files = new SegmentFiles(options.dir, segments, found.end, SEGMENT_BYTES)
    this.#acknowledged = from
    const { onUnreadable } = options
    const parts = { files: this.#files, window: this.#window, position: from, onUnreadable }
    this.#loader = new WindowLoader({ ...parts, onLoaded: () => this.wakeAll() })
    this.#depth = found.depth
    this.damages = found.damages
    this.lastReceivedAt = found.lastReceivedAt
    if (options.isWritable === false) this.#trouble = new Error("the directory is not writable")
  }

  /** Number of unacknowledged messages. */
  get depth(): number {
    return this.#depth
  }

  get bytes(): number {
    return this.#files.end - this.#acknowledged + this.#pending.bytes
  }

  /** Time of the oldest unacknowledged message, in epoch ms. */
  get oldestReceivedAt(): number | null {
    const oldest = this.#window.oldest ?? this.#pending.oldestUnsent
    return oldest ? receivedAtOf(oldest) : null
  }

  /** Time of the oldest message that is not on the disk, in epoch ms. */
  get oldestUnsavedAt(): number | null {
    const { oldest } = this.#pending
    return oldest ? receivedAtOf(oldest) : null
  }

  /** The position up to which everything is on the disk. */
  get savedTo(): number {
    return this.#files.end
  }

  get diskTrouble(): Error | null {
    return this.#trouble
  }

  /** Undefined if the spool is full. `isReport`: may exceed the limit, because reports are small and rare. */
  append(json: Draft | string, isReport = false): Entry | undefined {
    const size = FRAME_BYTES + (typeof json === "string" ? json.length : json.maxBytes)
    const isFull =
      this.bytes + size > this.#options.maxBytes || this.#pending.bytes + size > MEMORY_BYTES
    if (isFull && !isReport) return undefined
    const record = this.#writer.write(json)
    const entry: Entry = { ...record, end: 0, isLoaded: false, isDone: false }
    this.#pending.push(entry)
    this.#depth++
    if (this.#trouble) this.#sendUnwritten()
    this.#schedule()
    return entry
  }

  /** Takes the oldest messages not yet taken. They may not be on the disk yet. */
  take(maxCount: number, maxBytes: number): Entry[] {
    const taken = this.#window.take(maxCount, maxBytes)
    if (this.#window.waitingBytes < WINDOW_BYTES / 2) {
      void this.#load()
      if (this.#trouble) this.#sendUnwritten()
    }
    return taken
  }

  /** Resolves when there may be messages to take. */
  available(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  done(entries: Entry[]): void {
    for (const entry of entries) entry.isDone = true
    this.#depth -= entries.length
    this.#acknowledge(this.#window.shift())
  }

  /** Resolves when all earlier messages are on the disk, or the disk fails. */
  async flush(): Promise<void> {
    const { newest } = this.#pending
    while (newest && this.#pending.has(newest)) {
      await (this.#flushing ?? this.#flush())
      if (this.#trouble) return
    }
  }

  async close(): Promise<void> {
    await this.flush()
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#loader.settled()
    await this.#dropping
    await this.#files.close()
    this.wakeAll()
  }

  wakeAll(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }

  #acknowledge(position: number): void {
    if (position <= this.#acknowledged) return
    this.#acknowledged = position
    this.#options.saveAcknowledged(position)
    if (this.#files.hasBefore(position)) this.#options.beforeDrop?.()
    this.#dropping ??= this.#files
      .dropBefore(position)
      .catch(() => {})
      .finally(() => (this.#dropping = undefined))
  }

  #schedule(): void {
    if (this.#flushing || this.#isClosed || this.#options.isWritable === false) return
    const isLarge = this.#pending.bytes >= GROUP_BYTES && !this.#trouble
    if (isLarge) {
      clearTimeout(this.#timer)
      void this.#flush()
    } else {
      const groupMs = Math.max(0, this.#flushedAt + GROUP_MS - performance.now())
      this.#timer ??= setTimeout(() => void this.#flush(), this.#trouble ? DISK_RETRY_MS : groupMs)
    }
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing = this.#flushGroup().finally(() => {
      this.#flushing = undefined
      this.#flushedAt = performance.now()
      if (this.#pending.oldest) this.#schedule()
    })
    return this.#flushing
  }

  async #flushGroup(): Promise<void> {
    if (this.#options.isWritable === false) return
    this.#pending.forgetDone()
    const group = this.#pending.group()
    const start = this.#files.end
    // Sent and written at the same time: a message is safe once either has succeeded.
    this.#sendUnwritten()
    try {
      await this.#files.append(joinRecords(group))
    } catch (error) {
      this.#setTrouble(error as Error)
      this.#sendUnwritten()
      return
    }
    this.#setTrouble(null)
    this.#pending.written(group)
    this.#settle(group, start)
    this.wakeAll()
  }

  /** Sets the positions of written records, and moves them to the window if all earlier records are there. */
  #settle(group: readonly Entry[], start: number): void {
    let end = start
    let isNext = this.#loader.position === start && !this.#loader.isLoading
    for (const entry of group) {
      end += sizeOf(entry)
      entry.end = end
      isNext &&= entry.isLoaded || this.#window.waitingBytes < WINDOW_BYTES
      if (!isNext) continue
      if (!entry.isLoaded) this.#window.push(entry)
      this.#loader.position = end
    }
    this.#acknowledge(endOfSent(group, this.#window.oldest))
  }

  /** Sends unwritten records from memory, unless earlier records must first be read from the disk. */
  #sendUnwritten(): void {
    if (this.#loader.isLoading || this.#loader.position !== this.#files.end) return
    let hasPushed = false
    for (const entry of this.#pending.entries) {
      if (this.#window.waitingBytes >= WINDOW_BYTES) break
      if (entry.isLoaded) continue
      this.#window.push(entry)
      hasPushed = true
    }
    // `take` calls this too. Waking takers without new records would let two of them wake each other endlessly.
    if (hasPushed) this.wakeAll()
  }

  #setTrouble(trouble: Error | null): void {
    const hasChanged = (trouble === null) !== (this.#trouble === null)
    this.#trouble = trouble
    if (hasChanged) this.#options.onDisk?.(trouble)
  }

  /** Loads more records from the disk while the window has room. */
  async #load(): Promise<void> {
    if (!this.#isClosed) await this.#loader.load()
  }
}
