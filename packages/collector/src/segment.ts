import { open, readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { crc32 } from "node:zlib"

// A spool is one endless text cut into files, each named by the position of its first byte. A record is a line,
// `CRC32 JSON\n`. The JSON is plain ASCII on one line, so damage ends at the next line feed.
export type Segment = { path: string; start: number; size: number }

/** A line of the spool; without `json` it is not what was written. Positions count from the spool's very first byte. */
export type Line = { json: string | undefined; start: number; end: number }

// Longer than any line, as a message has at most 1,000,000 bytes.
const CHUNK_BYTES = 1_048_576

const NAME = /^(\d{16})\.log$/

export const segmentPath = (dir: string, start: number) =>
  join(dir, `${String(start).padStart(16, "0")}.log`)

const checksum = (data: string | Buffer) => crc32(data).toString(16).padStart(8, "0")

export function encodeLine(json: string): string {
  return `${checksum(json)} ${json}\n`
}

function decodeLine(line: Buffer): string | undefined {
  if (line.length < 10 || line[8] !== 0x20) return undefined
  const json = line.subarray(9)
  return line.toString("latin1", 0, 8) === checksum(json) ? json.toString("latin1") : undefined
}

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

/** One read's worth of lines from a position on, and where to go on: past `until` when all is read. */
export async function readLines(
  segment: Segment,
  position: number,
  until: number,
): Promise<{ lines: Line[]; next: number }> {
  const limit = Math.min(until, segment.start + segment.size)
  const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(CHUNK_BYTES, limit - position)))
  const bytes = buffer.subarray(0, await fill(buffer, segment.path, position - segment.start))
  const lines: Line[] = []
  let from = 0
  for (let feed; (feed = bytes.indexOf(10, from)) >= 0; from = feed + 1) {
    const json = decodeLine(bytes.subarray(from, feed))
    lines.push({ json, start: position + from, end: position + feed + 1 })
  }
  // No line feed in what is longer than any line, or an end without one: nothing of it can be read.
  const isStuck = from === 0 || position + bytes.length >= limit
  if (isStuck && from < bytes.length) {
    lines.push({ json: undefined, start: position + from, end: position + bytes.length })
    from = bytes.length
  }
  return { lines, next: bytes.length < buffer.length ? limit : position + from }
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
