import type { Draft } from "../envelope.ts"
import { FRAME_BYTES, joinRecords, RecordWriter, receivedAtOf, sizeOf } from "./record.ts"
import { PendingRecords } from "./pending-records.ts"
import { type Damage, recoverSegments, type Recovered } from "./recovery.ts"
import { listSegments, type Segment } from "./segment.ts"
import { SegmentFiles } from "./segment-files.ts"
import { endOfSent, type Entry, SendWindow } from "./send-window.ts"
import type { SpoolOptions } from "./spool-options.ts"
import { WindowLoader } from "./window-loader.ts"

const MEGABYTE = 1_048_576
const SEGMENT_BYTES = 8 * MEGABYTE
// What waits for the sender in memory; the rest is read back from the disk when its turn comes.
const WINDOW_BYTES = 8 * MEGABYTE
// What may wait for a disk that refuses.
const MEMORY_BYTES = 64 * MEGABYTE
// A group is flushed when the one before it is on the disk, and that was so long ago, or it is this large.
const GROUP_MS = 10
const GROUP_BYTES = MEGABYTE / 2
const DISK_RETRY_MS = 1_000

/** A queue on the disk: what was appended can be taken until it is done, over any number of restarts. */
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
  /** What could not be read at the start. */
  readonly damages: Damage[]
  /** When the newest message was received that was found at the start. */
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
    if (options.isWritable === false)
      this.#trouble = new Error("the directory is not ours to write")
  }

  /** Messages that are not acknowledged. */
  get depth(): number {
    return this.#depth
  }

  get bytes(): number {
    return this.#files.end - this.#acknowledged + this.#pending.bytes
  }

  /** Epoch ms at which the oldest message was received that is not acknowledged. */
  get oldestReceivedAt(): number | null {
    const oldest = this.#window.oldest ?? this.#pending.oldest
    return oldest ? receivedAtOf(oldest) : null
  }

  /** The same of what is not on the disk. */
  get oldestUnsavedAt(): number | null {
    const { oldest } = this.#pending
    return oldest ? receivedAtOf(oldest) : null
  }

  /** Up to which position all is on the disk. */
  get savedTo(): number {
    return this.#files.end
  }

  get diskTrouble(): Error | null {
    return this.#trouble
  }

  /** Undefined: there is no room, and the message was not kept. `isReport`: may go over the bound, being small and rare. */
  append(json: Draft | string, isReport = false): Entry | undefined {
    const size = FRAME_BYTES + (typeof json === "string" ? json.length : json.maxBytes)
    const isFull =
      this.bytes + size > this.#options.maxBytes || this.#pending.bytes + size > MEMORY_BYTES
    if (isFull && !isReport) return undefined
    const record = this.#writer.write(json)
    const entry: Entry = { ...record, end: 0, isLoaded: false, isDone: false }
    this.#pending.push(entry)
    this.#depth++
    if (this.#trouble) this.#lend()
    this.#schedule()
    return entry
  }

  /** The oldest messages that nobody has taken: on the disk, or on their way there. */
  take(maxCount: number, maxBytes: number): Entry[] {
    const taken = this.#window.take(maxCount, maxBytes)
    if (this.#window.waitingBytes < WINDOW_BYTES / 2) {
      void this.#load()
      if (this.#trouble) this.#lend()
    }
    return taken
  }

  /** Resolves when there may be something to take. */
  available(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve))
  }

  done(entries: Entry[]): void {
    for (const entry of entries) entry.isDone = true
    this.#depth -= entries.length
    this.#acknowledge(this.#window.shift())
  }

  /** Resolves when all that was appended before is on the disk, or the disk refuses it. */
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
    // The queue keeps a message as well as the disk does: who is first does not matter, and nobody waits for the other.
    this.#lend()
    try {
      await this.#files.append(joinRecords(group))
    } catch (error) {
      this.#turn(error as Error)
      this.#lend()
      return
    }
    this.#turn(null)
    this.#pending.written(group)
    this.#settle(group, start)
    this.wakeAll()
  }

  /** Gives places to what is on the disk now, and hands it to the window if all before it went there. */
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

  /** What waits for the disk is sent from memory, unless something before it has to be read back first. */
  #lend(): void {
    if (this.#loader.isLoading || this.#loader.position !== this.#files.end) return
    let isLent = false
    for (const entry of this.#pending.entries) {
      if (this.#window.waitingBytes >= WINDOW_BYTES) break
      if (entry.isLoaded) continue
      this.#window.push(entry)
      isLent = true
    }
    // Whoever takes calls this too: woken for nothing, two of them would wake each other for ever.
    if (isLent) this.wakeAll()
  }

  #turn(trouble: Error | null): void {
    const hasTurned = (trouble === null) !== (this.#trouble === null)
    this.#trouble = trouble
    if (hasTurned) this.#options.onDisk?.(trouble)
  }

  /** Reads on from the disk where the window has room. */
  async #load(): Promise<void> {
    if (!this.#isClosed) await this.#loader.load()
  }
}
