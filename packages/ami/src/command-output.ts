import { type Frame, makeMessage, readHeader } from "./frame.ts"
import type { AmiMessage } from "./message.ts"

// Asterisk up to 13 answers `Action: Command` so: headers, then the command's own lines, ended by bare LF and empty ones
// among them, then this mark, which stands behind the last line where that had no LF of its own.
const END_MARK = "--END COMMAND--"
const FOLLOWS = /^response:\s*follows\r?$/i
const LONGEST_FIRST_LINE = 32

/** Enough bytes to see the mark, its line end and half an empty line. */
export const END_MARK_BYTES = END_MARK.length + 4

/** Whether the message that starts here is such an answer; its first line must be complete. */
export function isCommandOutput(bytes: Buffer, start: number): boolean {
  if (bytes[start] !== 0x52 && bytes[start] !== 0x72) return false
  const line = bytes.subarray(start, start + LONGEST_FIRST_LINE)
  return FOLLOWS.test(line.toString("latin1", 0, line.indexOf(10)))
}

/** Whether the line whose LF stands here closes the output. */
export function isEndMark(bytes: Buffer, feed: number): boolean {
  const end = bytes[feed - 1] === 13 ? feed - 1 : feed
  return end >= END_MARK.length && bytes.toString("latin1", end - END_MARK.length, end) === END_MARK
}

const OWN_HEADERS = new Set(["response", "privilege", "actionid", "message"])

/** Reads a complete command answer: its own headers, then everything else as lines of output. */
export function readCommandOutput({ bytes, start, end }: Frame): AmiMessage {
  const lines = bytes.toString("utf8", start, end).split("\n")
  lines.pop()
  const last = dropReturn(lines.pop() ?? "").slice(0, -END_MARK.length)
  const firstOutput = lines.findIndex((line) => !OWN_HEADERS.has(nameOf(line)))
  const headerCount = firstOutput < 0 ? lines.length : firstOutput
  const message = makeMessage(
    lines.slice(0, headerCount).map((line) => readHeader(dropReturn(line))),
  )
  const output = lines.slice(headerCount).map(dropReturn)
  return { ...message, output: last === "" ? output : [...output, last] }
}

function nameOf(line: string): string {
  return readHeader(line)[0].toLowerCase()
}

function dropReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line
}
