import type { Draft } from "../envelope.ts"
import { FRAME_BYTES, joinLines, LineWriter, receivedAtOf, sizeOf } from "./line.ts"
import { type Damage, recoverSegments, type Recovered } from "./recovery.ts"
import { listSegments, type PlacedLine, readLines, type Segment } from "./segment.ts"
import { SegmentFiles } from "./segment-files.ts"
import { type Entry, Window } from "./window.ts"

export type SpoolOptions = {
  dir: string
  /** Of what is not acknowledged; one segment more may be on the disk. */
  maxBytes: number
  /** The position up to which all was acknowledged, and how to keep it. */
  acknowledged: number
  saveAcknowledged: (position: number) => void
  /** The disk began to refuse, or took something again (null). In between the spool goes on from memory. */
  onDisk?: (trouble: Error | null) => void
  /** What was written cannot be read back: it is passed over. */
  onUnreadable?: (loss: { bytes: number; error: Error }) => void
  /** Before files are deleted whose messages were all acknowledged. */
  beforeDrop?: () => void
  /** Each message that is found at the start. */
  onRecovered?: (line: PlacedLine) => void
  /** False: nothing is written, as nobody holds the directory's lock. */
  isWritable?: boolean
}

const MEGABYTE = 1_048_576
const SEGMENT_BYTES = 8 * MEGABYTE
// What waits for the sender in memory; the rest is read back from the disk when its turn comes.
const WINDOW_BYTES = 8 * MEGABYTE
// What may wait for a disk that refuses.
const MEMORY_BYTES = 64 * MEGABYTE
// A group is flushed when the one before it is on the disk, and that was so long ago, or it is this large.
const GROUP_MS = 10
const GROUP_BYTES = MEGABYTE / 2
const GROUP_MAX_BYTES = 4 * MEGABYTE
const DISK_RETRY_MS = 1_000

/** A queue on the disk: what was appended can be taken until it is done, over any number of restarts. */
export class Spool {
  #options: SpoolOptions
  #files: SegmentFiles
  #window = new Window()
  #writer = new LineWriter()
  #acknowledged: number
  #depth: number
  // Not on the disk yet, in order. What of it is in the window (while the disk refuses) comes first.
  #pending: Entry[] = []
  #pendingBytes = 0
  #flushing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #flushedAt = -Infinity
  #trouble: Error | null = null
  // All before it is in the window, or done.
  #loadedTo: number
  #loading: Promise<void> | undefined
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
    const spool = new Spool(options, segments, from, await recoverSegments(segments, from, options.onRecovered))
    await spool.#files.dropBefore(from).catch(() => {})
    await spool.#load()
    return spool
  }

  private constructor(options: SpoolOptions, segments: Segment[], from: number, found: Recovered) {
    this.#options = options
    this.#files = new SegmentFiles(options.dir, segments, found.end, SEGMENT_BYTES)
    this.#acknowledged = from
    this.#loadedTo = from
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
    return this.#files.end - this.#acknowledged + this.#pendingBytes
  }

  /** Epoch ms at which the oldest message was received that is not acknowledged. */
  get oldestReceivedAt(): number | null {
    const oldest = this.#window.oldest ?? this.#pending[0]
    return oldest ? receivedAtOf(oldest) : null
  }

  /** The same of what is not on the disk. */
  get oldestUnsavedAt(): number | null {
    const [oldest] = this.#pending
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
      this.bytes + size > this.#options.maxBytes || this.#pendingBytes + size > MEMORY_BYTES
    if (isFull && !isReport) return undefined
    const line = this.#writer.write(json)
    const entry: Entry = { ...line, end: 0, isLoaded: false, isDone: false }
    this.#pending.push(entry)
    this.#pendingBytes += sizeOf(entry)
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
    const last = this.#pending.at(-1)
    while (last && this.#pending.includes(last)) {
      await (this.#flushing ?? this.#flush())
      if (this.#trouble) return
    }
  }

  async close(): Promise<void> {
    await this.flush()
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#loading
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
    const isLarge = this.#pendingBytes >= GROUP_BYTES && !this.#trouble
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
      if (this.#pending.length > 0) this.#schedule()
    })
    return this.#flushing
  }

  async #flushGroup(): Promise<void> {
    if (this.#options.isWritable === false) return
    this.#forgetDone()
    const group: Entry[] = []
    let bytes = 0
    for (const entry of this.#pending) {
      if (bytes > GROUP_MAX_BYTES) break
      bytes += sizeOf(entry)
      group.push(entry)
    }
    const start = this.#files.end
    // The queue keeps a message as well as the disk does: who is first does not matter, and nobody waits for the other.
    this.#lend()
    try {
      await this.#files.append(joinLines(group))
    } catch (error) {
      this.#turn(error as Error)
      this.#lend()
      return
    }
    this.#turn(null)
    this.#pending.splice(0, group.length)
    this.#pendingBytes -= bytes
    this.#settle(group, start)
    this.wakeAll()
  }

  /** Gives places to what is on the disk now, and hands it to the window if all before it went there. */
  #settle(group: Entry[], start: number): void {
    let end = start
    let isNext = this.#loadedTo === start && !this.#loading
    for (const entry of group) {
      end += sizeOf(entry)
      entry.end = end
      isNext &&= entry.isLoaded || this.#window.waitingBytes < WINDOW_BYTES
      if (!isNext) continue
      if (!entry.isLoaded) this.#window.push(entry)
      this.#loadedTo = end
    }
    this.#acknowledge(this.#sentUnwritten(group))
  }

  // Sent from memory while it was being written: the window has let go of it without knowing its place.
  #sentUnwritten(group: Entry[]): number {
    const oldest = this.#window.oldest
    const done = group.filter((entry) => entry.isDone && (!oldest?.end || entry.end < oldest.end))
    return done.at(-1)?.end ?? 0
  }

  /** What waits for the disk is sent from memory, unless something before it has to be read back first. */
  #lend(): void {
    if (this.#loading || this.#loadedTo !== this.#files.end) return
    let isLent = false
    for (const entry of this.#pending) {
      if (this.#window.waitingBytes >= WINDOW_BYTES) break
      if (entry.isLoaded) continue
      this.#window.push(entry)
      isLent = true
    }
    // Whoever takes calls this too: woken for nothing, two of them would wake each other for ever.
    if (isLent) this.wakeAll()
  }

  #forgetDone(): void {
    if (!this.#pending[0]?.isLoaded) return
    this.#pending = this.#pending.filter((entry) => !entry.isDone)
    this.#pendingBytes = this.#pending.reduce((sum, entry) => sum + sizeOf(entry), 0)
  }

  #turn(trouble: Error | null): void {
    const hasTurned = (trouble === null) !== (this.#trouble === null)
    this.#trouble = trouble
    if (hasTurned) this.#options.onDisk?.(trouble)
  }

  /** Reads on from the disk where the window has room. */
  #load(): Promise<void> {
    if (this.#loadedTo >= this.#files.end || this.#isClosed) return Promise.resolve()
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined
      this.wakeAll()
    })
    return this.#loading
  }

  async #read(): Promise<void> {
    const { segments, end } = this.#files
    const segment = segments.find(({ start, size }) => start + size > this.#loadedTo)
    if (!segment) {
      this.#loadedTo = end
      return
    }
    const from = Math.max(this.#loadedTo, segment.start)
    try {
      const { lines, next } = await readLines(segment, from, end)
      for (const { isIntact, ...line } of lines) {
        if (isIntact) this.#window.push({ ...line, isLoaded: true, isDone: false })
      }
      this.#loadedTo = next
    } catch (error) {
      this.#loadedTo = segment.start + segment.size
      this.#options.onUnreadable?.({ bytes: this.#loadedTo - from, error: error as Error })
    }
  }
}
