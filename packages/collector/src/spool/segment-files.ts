import { constants, type FileHandle, open, unlink } from "node:fs/promises"
import { type Segment, segmentPath } from "./segment.ts"

/** The files of a spool: records are appended to the last file, and the first files are deleted. */
export class SegmentFiles {
  readonly segments: Segment[]
  #dir: string
  #segmentBytes: number
  #end: number
  #file: FileHandle | undefined

  constructor(dir: string, segments: Segment[], end: number, segmentBytes: number) {
    this.#dir = dir
    this.segments = segments
    this.#end = end
    this.#segmentBytes = segmentBytes
  }

  /** Position of the next record. Everything before it is on the disk. */
  get end(): number {
    return this.#end
  }

  /** Writes and flushes. If it throws, nothing counts as written and the write can be repeated. */
  async append(pieces: Buffer[]): Promise<void> {
    try {
      const file = this.#file ?? (await this.#openLast())
      const segment = this.segments.at(-1)!
      let at = segment.size
      for (const piece of pieces) {
        for (let written = 0; written < piece.length;) {
          const { bytesWritten } = await file.write(piece, written, piece.length - written, at)
          written += bytesWritten
          at += bytesWritten
        }
      }
      await file.datasync()
      // Close before updating the size: an error after that would write the same data again.
      if (at >= this.#segmentBytes) await this.close()
      this.#end += at - segment.size
      segment.size = at
    } catch (error) {
      await this.close().catch(() => {})
      throw error
    }
  }

  async #openLast(): Promise<FileHandle> {
    const last = this.segments.at(-1)
    if (last && last.size < this.#segmentBytes && last.start + last.size === this.#end) {
      const file = await open(last.path, constants.O_RDWR | constants.O_CREAT, 0o600)
      this.#file = file
      // Removes the incomplete data that a crash or a failed write left after the last valid
      // record.
      await file.truncate(last.size)
      return file
    }
    const path = segmentPath(this.#dir, this.#end)
    const file = await open(path, "w", 0o600)
    this.#file = file
    await flushDirectory(this.#dir)
    this.segments.push({ path, start: this.#end, size: 0 })
    return file
  }

  /** Whether there are complete files before `position`. The last file may still be written to. */
  hasBefore(position: number): boolean {
    const second = this.segments[1]
    return second !== undefined && second.start <= position
  }

  /** Deletes the complete files before `position`. */
  async dropBefore(position: number): Promise<void> {
    while (this.hasBefore(position)) {
      await unlink(this.segments[0]!.path)
      this.segments.shift()
    }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}

// A new file's name is durable only after its directory is flushed.
async function flushDirectory(dir: string): Promise<void> {
  const handle = await open(dir, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
