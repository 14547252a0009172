import { open, readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { FEED, isIntact, type SpoolRecord } from "./record.ts"

// The spool is one continuous byte sequence, split into files. Each file is named by the position
// of its first byte.
export type Segment = { path: string; start: number; size: number }

/** A record read from the disk and its end position, counted from the first byte ever written. */
export type PlacedRecord = SpoolRecord & { end: number; isIntact: boolean }

// Longer than any record, because a message has at most 1,000,000 bytes.
const CHUNK_BYTES = 1_048_576

const NAME = /^(\d{16})\.log$/

export const segmentPath = (dir: string, start: number) =>
  join(dir, `${String(start).padStart(16, "0")}.log`)

/** The segments of a directory, oldest first. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const segments: Segment[] = []
  for (const name of (await readdir(dir)).sort()) {
    const match = NAME.exec(name)
    if (!match) continue
    const path = join(dir, name)
    const start = Number(match[1])
    const { size } = await stat(path)
    const previous = segments.at(-1)
    if (previous) previous.size = Math.min(previous.size, start - previous.start)
    segments.push({ path, start, size })
  }
  return segments
}

/**
 * Reads one block of records from a position. Returns where to continue; this is past `until` at
 * the end.
 */
export async function readRecords(
  segment: Segment,
  position: number,
  until: number,
): Promise<{ records: PlacedRecord[]; next: number }> {
  const limit = Math.min(until, segment.start + segment.size)
  const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(CHUNK_BYTES, limit - position)))
  const bytes = buffer.subarray(0, await fill(buffer, segment.path, position - segment.start))
  const records: PlacedRecord[] = []
  let from = 0
  for (let feed; (feed = bytes.indexOf(FEED, from)) >= 0; from = feed + 1) {
    const record = { bytes, from, to: feed + 1 }
    records.push({ ...record, end: position + record.to, isIntact: isIntact(record) })
  }
  // No line feed within the maximum record size, or at the end of the file: nothing here is
  // readable.
  const isStuck = from === 0 || position + bytes.length >= limit
  if (isStuck && from < bytes.length) {
    const to = bytes.length
    records.push({ bytes, from, to, end: position + to, isIntact: false })
    from = to
  }
  return { records, next: bytes.length < buffer.length ? limit : position + from }
}

async function fill(buffer: Buffer, path: string, at: number): Promise<number> {
  const file = await open(path, "r")
  try {
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, at + length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return length
  } finally {
    await file.close()
  }
}
